package dev.ipcell.shim;
