// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The test shows how these operations fail; {@link ExecutorUnderTest} sees that they do. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Fails {
    Class<? extends Op>[] value();
}
