import Foundation
import FoundationNetworking
import Gateway
import HTTPServing
import Logging
import PayloadCompression
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing

/// A log that remembers, and can be told to fail.
private final class RememberingSink: PayloadSink {
    let stored = Mutex<[RawPayload]>([])
    let failure = Mutex<StoreError?>(nil)

    func store(_ payload: RawPayload) async throws(StoreError) -> RawPosition {
        if let failure = failure.withLock({ $0 }) { throw failure }
        let offset = stored.withLock { stored in
            stored.append(payload)
            return Int64(stored.count - 1)
        }
        return RawPosition(topic: payload.topic, partition: payload.partition ?? 0, offset: offset)
    }

    func partitionCount(of topic: String) async throws(StoreError) -> Int32 { 2 }

    func close() async {}
}

/// The real server on a free loopback port, asked over real sockets.
@Suite(.serialized) struct GatewayServiceTests {
    private struct Answer {
        var status: Int
        var body: String
    }

    private static let intervals = "application/vnd.meterlog.intervals+json"

    private static func serve(
        _ configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (Int, RememberingSink) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration(port: 0, maxBodyBytes: 4096, maxUnpackedBytes: 8192)
        configure(&configuration)
        let sink = RememberingSink()
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = try GatewayService(
            configuration: configuration,
            sink: sink,
            registry: MetricsRegistry(),
            logger: logger,
            onBound: { found.yield($0) }
        )
        let group = ServiceGroup(services: [service], logger: logger)
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do {
            try await body(port, sink)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private static func post(
        _ port: Int,
        _ body: [UInt8],
        type: String? = GatewayServiceTests.intervals,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/ingest/v1/payloads"))
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body)
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = try #require(response as? HTTPURLResponse).statusCode
        return Answer(status: status, body: String(decoding: data, as: UTF8.self))
    }

    @Test func aPayloadIsStoredByteForByteWithItsEnvelope() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let body: [UInt8] = [0, 255, 10, 13, 65]
            let answer = try await GatewayServiceTests.post(
                port,
                body,
                headers: ["Idempotency-Key": "k1", "Meterlog-Source": "he-7"]
            )
            #expect(answer.status == 202)
            #expect(answer.body.contains(#""id":"he-7:k1","topic":"meter.raw","partition":0,"offset":0"#))
            let payload = try #require(sink.stored.withLock { $0.first })
            #expect(payload.value == body)
            let headers = Dictionary(
                uniqueKeysWithValues: payload.headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
            )
            #expect(headers["ml-id"] == "he-7:k1")
            #expect(headers["ml-source"] == "he-7")
            #expect(headers["ml-format"] == GatewayServiceTests.intervals)
            #expect(headers["ml-lane"] == "interval")
            #expect(headers["ml-peer"] == "127.0.0.1")
            #expect(headers["ml-sha256"]?.count == 64)
            // { printf 'application/vnd.meterlog.intervals+json\0'; printf '\0\377\n\rA'; } | sha256sum
            #expect(headers["ml-content"] == "266a7ef5dfdfdb71b38296698e0ac4c44d36e209ae275346d0b488d01397e201")
        }
    }

    @Test func withoutAKeyTheContentIsTheKeyWhateverItsEncoding() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let body = Array("{\"meter\":\"M\"}".utf8)
            let zipped = try Gzip.compress(body.span)
            let framed = try LZ4Frame.compress(body.span)
            _ = try await GatewayServiceTests.post(port, body)
            _ = try await GatewayServiceTests.post(port, zipped, headers: ["Content-Encoding": "gzip"])
            _ = try await GatewayServiceTests.post(port, framed, headers: ["Content-Encoding": "lz4"])
            let keys = sink.stored.withLock { $0.map { String(decoding: $0.key, as: UTF8.self) } }
            #expect(keys.count == 3 && Set(keys).count == 1)
            #expect(sink.stored.withLock { $0[1].value } == zipped)
        }
    }

    private static let mapped = "text/csv; profile=mapped; time=time; value=kWh; interval=3600; zone=UTC; stamp=start"

    private static func keys(_ sink: RememberingSink) -> [String] {
        sink.stored.withLock { $0.map { String(decoding: $0.key, as: UTF8.self) } }
    }

    @Test func withoutAKeyTheMediaTypeIsPartOfTheIdentityWhateverItsSpelling() async throws {
        try await GatewayServiceTests.serve { port, sink async throws in
            let body = Array("time,kWh\n2026-05-01 00:00,1\n".utf8)
            for type in [
                "; meter=VAC1; unit=kWh", "; unit=kWh; meter=VAC1", #";UNIT="kWh" ;  Meter=VAC1"#,
                "; meter=VAC2; unit=kWh", "; meter=VAC1; unit=Wh", "; meter=VAC1",
            ] {
                #expect(try await post(port, body, type: Self.mapped + type).status == 202)
            }
            let other = ["Meterlog-Source": "he-2"]
            #expect(
                try await post(port, body, type: Self.mapped + "; meter=VAC1; unit=kWh", headers: other).status == 202
            )
            let keys = Self.keys(sink)
            #expect(keys.count == 7 && keys[0] == keys[1] && keys[0] == keys[2])
            #expect(Set(keys).count == 5)
        }
    }

    @Test func theTimeOfSendingTellsAWordSaidAgainFromASecondCopy() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let body = Array("{}".utf8)
            for time in [nil, "2026-05-01T10:00:00Z", "2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00.000000001Z"] {
                let headers = time.map { ["Meterlog-Sent-At": $0] } ?? [:]
                #expect(try await post(port, body, headers: headers).status == 202)
            }
            let keys = Self.keys(sink)
            #expect(keys.count == 4 && keys[1] == keys[2] && Set(keys).count == 3)
            for time in ["yesterday", "2026-05-01T10:00:00"] {
                let answer = try await post(port, body, headers: ["Meterlog-Sent-At": time])
                #expect(answer.status == 400 && answer.body.contains("urn:meterlog:problem:invalid-sent-time"))
            }
        }
    }

    @Test func otherContentUnderAKeyIsRefused() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let key = ["Idempotency-Key": "IDEM1", "Meterlog-Source": "he-1"]
            let first = Array("{\"a\":1}".utf8)
            let second = Array("{\"a\":2}".utf8)
            #expect(try await post(port, first, headers: key).status == 202)
            let answer = try await post(port, second, headers: key)
            #expect(answer.status == 422)
            #expect(answer.body.contains("urn:meterlog:problem:idempotency-key-reused"))
            // printf 'application/vnd.meterlog.intervals+json\0{"a":1}' | sha256sum, and the same with 2
            #expect(answer.body.contains("5286fb9e06fa8c58") && answer.body.contains("815d089403fe4744"))
            #expect(answer.body.contains("partition 0, offset 0"))
            // The same content is taken as before, packed or not, and so is other content of another source, under another key, or in
            // the other lane.
            let zipped = try Gzip.compress(first.span)
            let packed = key.merging(["Content-Encoding": "gzip"]) { $1 }
            #expect(try await post(port, first, headers: key).status == 202)
            #expect(try await post(port, zipped, headers: packed).status == 202)
            #expect(try await post(port, second, headers: ["Idempotency-Key": "IDEM1"]).status == 202)
            #expect(try await post(port, second, headers: ["Idempotency-Key": "IDEM2"]).status == 202)
            let alarms = "application/vnd.meterlog.events+json"
            #expect(try await post(port, second, type: alarms, headers: key).status == 202)
            // Another media type is other content.
            #expect(try await post(port, first, type: "application/json; zone=UTC", headers: key).status == 422)
            #expect(sink.stored.withLock { $0.count } == 6)
        }
    }

    /// What the log did not acknowledge stands for nothing, and a key is free again after the horizon.
    @Test func aKeyStandsForWhatWasStoredWithinTheHorizon() async throws {
        try await GatewayServiceTests.serve {
            $0.usesSimulatedClock = true
        } _: { port, sink async throws in
            func send(_ text: String, at milliseconds: Int64) async throws -> Int {
                let headers = ["Idempotency-Key": "k", "Meterlog-Simulated-Receive-Time": "\(milliseconds)"]
                return try await post(port, Array(text.utf8), headers: headers).status
            }
            sink.failure.withLock { $0 = .unavailable("down") }
            #expect(try await send("1", at: 0) == 503)
            sink.failure.withLock { $0 = nil }
            #expect(try await send("2", at: 0) == 202)
            #expect(try await send("1", at: 604_799_999) == 422)
            #expect(try await send("2", at: 604_799_999) == 202)
            #expect(try await send("1", at: 604_800_000) == 202)
            #expect(try await send("2", at: 604_800_001) == 422)
        }
    }

    /// Of ten keys a table for two holds the last two at the least and four at the most; the normalizer finds what it forgot.
    @Test func theTableOfKeysIsBounded() async throws {
        try await GatewayServiceTests.serve {
            $0.recentKeyLimit = 2
        } _: { port, _ async throws in
            func send(_ text: String, _ key: Int) async throws -> Int {
                try await post(port, Array(text.utf8), headers: ["Idempotency-Key": "k\(key)"]).status
            }
            for key in 0..<10 { #expect(try await send("1", key) == 202) }
            #expect(try await send("2", 9) == 422)
            #expect(try await send("2", 8) == 422)
            #expect(try await send("2", 0) == 202)
        }
    }

    private func post(
        _ port: Int,
        _ body: [UInt8],
        type: String? = GatewayServiceTests.intervals,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await GatewayServiceTests.post(port, body, type: type, headers: headers)
    }

    @Test func alarmsHaveTheirOwnTopic() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let answer = try await GatewayServiceTests.post(port, [123], type: "application/vnd.meterlog.events+json")
            #expect(answer.status == 202)
            #expect(sink.stored.withLock { $0.first?.topic } == "meter.raw.alarms")
        }
    }

    @Test func whatIsWrongIsSaidInAProblemDocument() async throws {
        try await GatewayServiceTests.serve { port, sink in
            let good = Array("{}".utf8)
            let cases: [(Int, String, [UInt8], String?, [String: String])] = [
                (415, "unsupported-media-type", good, "image/png", [:]),
                (415, "unsupported-media-type", good, "application/vnd.meterlog.tick", [:]),
                (415, "unsupported-content-encoding", good, GatewayServiceTests.intervals, ["Content-Encoding": "br"]),
                (400, "empty-payload", [], GatewayServiceTests.intervals, [:]),
                (400, "broken-content-encoding", good, GatewayServiceTests.intervals, ["Content-Encoding": "gzip"]),
                (400, "invalid-idempotency-key", good, GatewayServiceTests.intervals, ["Idempotency-Key": "a b"]),
                (
                    400, "simulated-time-refused", good, GatewayServiceTests.intervals,
                    ["Meterlog-Simulated-Receive-Time": "1"]
                ),
                (413, "payload-too-large", Array(repeating: 65, count: 5000), GatewayServiceTests.intervals, [:]),
            ]
            for (status, kind, body, type, headers) in cases {
                let answer = try await GatewayServiceTests.post(port, body, type: type, headers: headers)
                #expect(answer.status == status, "\(kind): \(answer.body)")
                #expect(answer.body.contains("urn:meterlog:problem:\(kind)"), "\(answer.body)")
            }
            let bomb = try Gzip.compress(Array(repeating: UInt8(0), count: 100_000).span)
            let answer = try await GatewayServiceTests.post(port, bomb, headers: ["Content-Encoding": "gzip"])
            #expect(answer.status == 413)
            #expect(sink.stored.withLock { $0.isEmpty })
        }
    }

    @Test func theLogsTroublesBecomeTheSendersInstructions() async throws {
        try await GatewayServiceTests.serve { port, sink in
            for (failure, status) in [
                (StoreError.saturated, 429), (.unavailable("down"), 503), (.refused("too large for the topic"), 413),
            ] {
                sink.failure.withLock { $0 = failure }
                let answer = try await GatewayServiceTests.post(port, [123])
                #expect(answer.status == status)
            }
        }
    }

    @Test func tokensOpenTheDoor() async throws {
        try await GatewayServiceTests.serve {
            $0.tokens = BearerTokens(["s3cret": "head-end-1"])
        } _: { port, sink in
            #expect(try await GatewayServiceTests.post(port, [123]).status == 401)
            let wrong = ["Authorization": "Bearer s3creT"]
            #expect(try await GatewayServiceTests.post(port, [123], headers: wrong).status == 401)
            let right = ["Authorization": "Bearer s3cret"]
            #expect(try await GatewayServiceTests.post(port, [123], headers: right).status == 202)
            let headers = try #require(sink.stored.withLock { $0.first?.headers })
            #expect(
                headers.first { $0.name == "ml-source" }.map { String(decoding: $0.value, as: UTF8.self) }
                    == "head-end-1"
            )
        }
    }

    @Test func aSimulatedClockStampsAndTicks() async throws {
        try await GatewayServiceTests.serve {
            $0.usesSimulatedClock = true
        } _: { port, sink in
            let time = ["Meterlog-Simulated-Receive-Time": "1234567"]
            #expect(try await GatewayServiceTests.post(port, [123], headers: time).status == 202)
            let tick = try await GatewayServiceTests.post(
                port,
                [],
                type: "application/vnd.meterlog.tick",
                headers: time
            )
            #expect(tick.status == 202)
            let stored = sink.stored.withLock { $0 }
            #expect(stored.map(\.receivedAtMilliseconds) == Array(repeating: 1_234_567, count: 5))
            #expect(stored.dropFirst().map(\.partition) == [0, 1, 0, 1])
        }
    }

    @Test func anOpenAddressNeedsTokens() {
        #expect(throws: GatewayError.unprotectedAddress("0.0.0.0")) {
            _ = try GatewayService(
                configuration: GatewayConfiguration(host: "0.0.0.0"),
                sink: RememberingSink(),
                registry: MetricsRegistry(),
                logger: Logger(label: "test")
            )
        }
    }
}
