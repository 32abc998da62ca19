package dev.ipcell.runtime;
