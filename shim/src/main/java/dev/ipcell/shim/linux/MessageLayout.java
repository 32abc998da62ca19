// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

/** struct msghdr, struct iovec and struct cmsghdr of the 64-bit architectures (sendmsg(2), cmsg(3)). */
final class MessageLayout {
    static final int SOL_SOCKET = 1;
    static final int SCM_RIGHTS = 1;
    static final int MSGHDR_SIZE = 56;
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_CONTROL = 32;
    static final int MSG_CONTROLLEN = 40;
    static final int IOVEC_SIZE = 16;
    static final int CMSG_HEAD = 16;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;
    static final int RIGHTS_SPACE = 24;

    private MessageLayout() {}
}
