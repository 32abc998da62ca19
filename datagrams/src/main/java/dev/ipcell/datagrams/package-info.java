// SPDX-License-Identifier: Apache-2.0
/** The bridge to jnr-unixsocket. */
@org.jspecify.annotations.NullMarked
package dev.ipcell.datagrams;
