/* SPDX-License-Identifier: Apache-2.0 */
/* The JVM's options, one a line: also read by the build, which trains the AOT cache with the same. */
/* clang-format off */
"-XX:+UseSerialGC",
"-XX:TieredStopAtLevel=1",
"-Xms32m",
"-Xmx256m",
"-XX:-UsePerfData",
"-Xrs",
"-Xlog:disable",
"-Xlog:all=error:stderr",
"--enable-native-access=dev.ipcell.shim",
	/* clang-format on */
