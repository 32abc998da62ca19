package dev.ipcell.ipc;
