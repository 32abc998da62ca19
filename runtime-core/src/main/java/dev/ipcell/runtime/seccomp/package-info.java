// SPDX-License-Identifier: Apache-2.0
/** System call filters: from the configuration's seccomp section to a program for the kernel, by way of libseccomp or a cache. */
package dev.ipcell.runtime.seccomp;
