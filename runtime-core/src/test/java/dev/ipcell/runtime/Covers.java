// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The rows of the table of all fields ({@link SpecFields}) whose effect a test shows, or whose refusal.
 *
 * <p>A row is a JSON pointer with {@code *} for every index and key, and {@code =value} behind it where the values are a closed list;
 * {@code =*} stands for all of them, and {@code ?} for any one name.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Covers {
    String[] value();
}
