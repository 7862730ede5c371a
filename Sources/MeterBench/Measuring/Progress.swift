import Glibc

/// What is said while something is measured: on standard error, because standard output is the result's.
package enum Progress {
    package static func say(_ line: String) {
        let bytes = Array("meterlog-bench: \(line)\n".utf8)
        // Nobody is left to be told when standard error is gone.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
