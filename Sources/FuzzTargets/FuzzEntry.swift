import Glibc

/// What libFuzzer calls with every input (LLVM, "libFuzzer": the fuzz target).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzEntry.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// The target of a run: the argument `--target=NAME`, which libFuzzer passes over.
enum FuzzEntry {
    private static let target: FuzzTarget? = CommandLine.arguments.lazy
        .filter { $0.hasPrefix("--target=") }
        .compactMap { FuzzTarget(rawValue: String($0.dropFirst("--target=".count))) }
        .first

    static func run(_ bytes: [UInt8]) {
        guard let target else { return stop("no --target=NAME with a name of \(FuzzTarget.allCases.map(\.rawValue))") }
        do {
            try target.run(bytes)
        } catch {
            stop("\(error)")
        }
    }

    /// libFuzzer takes the abort for a find.
    private static func stop(_ reason: String) {
        _ = Array("\(reason)\n".utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        abort()
    }
}
