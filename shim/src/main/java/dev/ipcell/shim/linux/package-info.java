package dev.ipcell.shim.linux;
