// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

/** Looks a user's home directory up in the text of a passwd file (passwd(5)). */
final class Passwd {
    private static final int UID = 2;
    private static final int HOME = 5;

    private Passwd() {}

    /** The home directory; as runc has it, that of a user who is not listed or has none is the root. */
    static String home(String passwd, long uid) {
        String wanted = Long.toString(uid);
        for (String line : passwd.split("\n", -1)) {
            String[] fields = line.split(":", -1);
            if (fields.length > HOME && fields[UID].equals(wanted) && !fields[HOME].isEmpty()) {
                return fields[HOME];
            }
        }
        return "/";
    }
}
