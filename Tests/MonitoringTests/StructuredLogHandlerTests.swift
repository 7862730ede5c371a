import Logging
import Monitoring
import Synchronization
import Testing

@Suite struct StructuredLogHandlerTests {
    private final class Lines: Sendable {
        private let storage = Mutex<[String]>([])
        func add(_ bytes: [UInt8]) { storage.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
        var all: [String] { storage.withLock { $0 } }
    }

    private func logger(_ format: LogFormat, _ lines: Lines, service: String = "vee") -> Logger {
        Logger(label: "test") { _ in
            StructuredLogHandler(
                service: service,
                format: format,
                write: { lines.add($0) },
                nowMilliseconds: { 1_763_000_000_123 }
            )
        }
    }

    @Test func textHasTimeLevelServiceCodeAndFields() {
        let lines = Lines()
        logger(.text, lines).warning("it is away", metadata: ["code": "ERR_LOG_AWAY", "thread": "0", "b": "x y"])
        #expect(
            lines.all == [
                "time=2025-11-13T02:13:20.123Z level=warning service=vee code=ERR_LOG_AWAY msg=\"it is away\" "
                    + "b=\"x y\" thread=0\n"
            ]
        )
    }

    @Test func jsonIsOneObjectALine() {
        let lines = Lines()
        logger(.json, lines).error("a \"b\"\n\u{1}ä", metadata: ["code": "ERR_STREAM_FAILED", "time": "other"])
        #expect(
            lines.all == [
                #"{"time":"2025-11-13T02:13:20.123Z","level":"error","service":"vee","code":"ERR_STREAM_FAILED","#
                    + #""msg":"a \"b\"\n\u0001ä","field_time":"other"}"# + "\n"
            ]
        )
    }

    @Test func anEventIsOneLineWhateverItsTextsHold() {
        let lines = Lines()
        for format in LogFormat.allCases {
            logger(format, lines).info("first\nsecond=\"third\"", metadata: ["a\nb": "c\r\nd", "empty": ""])
        }
        #expect(lines.all.count == 2)
        for line in lines.all { #expect(line.filter(\.isNewline).count == 1 && line.last == "\n") }
        #expect(lines.all[0].contains("empty=\"\""))
        #expect(lines.all[0].contains("a_b="))
    }

    @Test func theMetadataNamesAnotherService() {
        let lines = Lines()
        var logger = logger(.text, lines, service: "meterlog")
        logger[metadataKey: "service"] = "normalizer"
        logger.info("x")
        #expect(lines.all[0].contains("service=normalizer "))
        #expect(!lines.all[0].contains("service=meterlog"))
    }

    @Test func aLineHasALimit() {
        let lines = Lines()
        logger(.text, lines).info("\(String(repeating: "x", count: 1_000_000))")
        #expect(lines.all[0].utf8.count < 10_000)
        #expect(lines.all[0].contains("(cut)"))
    }

    @Test func levelsBelowTheLoggersAreNotWritten() {
        let lines = Lines()
        var logger = logger(.text, lines)
        logger.logLevel = .error
        logger.warning("no")
        logger.error("yes")
        #expect(lines.all.count == 1)
    }
}
