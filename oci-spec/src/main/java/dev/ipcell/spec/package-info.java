package dev.ipcell.spec;
