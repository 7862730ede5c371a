import MeterFormats

/// The counters of dead letters, one for each code, for the processors that write them.
public enum DeadLetterCounters {
    /// Where a code is none of the decoders'.
    private static let otherCode = "other"

    /// Names for `Processor.counterNames`, in the order of the codes.
    public static let names = (DecodeCode.allCases.map(\.rawValue) + [otherCode]).map { code in
        "dead_letters_total{code=\(code)}"
    }

    /// The place of a code's counter in `names`.
    public static func index(of code: String) -> Int {
        for (index, known) in DecodeCode.allCases.enumerated() where known.rawValue == code { return index }
        return DecodeCode.allCases.count
    }
}
