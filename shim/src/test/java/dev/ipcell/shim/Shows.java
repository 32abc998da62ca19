// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The test shows what these operations do; {@link ExecutorUnderTest} sees that it has them carried out. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Shows {
    Class<? extends Op>[] value();
}
