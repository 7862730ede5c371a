import EmbeddedLog
import KafkaProtocol
import Testing

@Suite("Connections")
struct ConnectionTests {
    @Test("ApiVersions lists what is served; a version too new gets the list in version 0")
    func apiVersions() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            let response = try client.call(ApiVersionsRequest(), version: 3)
            #expect(response.errorCode == 0)
            #expect(response.apiKeys.count == APIKey.allCases.count)
            // ApiVersions version 99, correlation 5.
            try client.send([0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 5, 0, 0])
            let refused = try client.receive(ApiVersionsResponse.self, version: 0)
            #expect(refused.errorCode == ErrorCode.unsupportedVersion.rawValue)
            #expect(!refused.apiKeys.isEmpty)
        }
    }

    @Test(
        "what can't be answered closes that connection, and only that one",
        arguments: [
            [0xff, 0xff, 0xff, 0xff],  // a negative length
            [0x7f, 0xff, 0xff, 0xff],  // two gigabytes
            [0, 0, 0, 2, 0, 18],  // shorter than a header
            [0, 0, 0, 10, 0x03, 0xe7, 0, 0, 0, 0, 0, 1, 0, 0],  // API 999
            [0, 0, 0, 10, 0, 12, 0, 99, 0, 0, 0, 1, 0, 0],  // Heartbeat version 99
            [0, 0, 0, 12, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0],  // Metadata, cut
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],  // TLS
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] as [[UInt8]]
    )
    func garbage(bytes: [UInt8]) async throws {
        try await TestBroker.with { broker in
            let good = try broker.connect()
            let bad = try broker.connect()
            try bad.send(bytes)
            #expect(bad.isClosedByBroker())
            #expect(try good.call(ApiVersionsRequest(), version: 0).errorCode == 0)
        }
    }

    @Test(
        "bytes after a request's last field are ignored, as librdkafka 2.0 sends ListGroups",
        arguments: [Int8(3), 4]
    )
    func trailingBytes(version: Int8) async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            // API 16, correlation 1, no client id, no header tags; from version 4 an empty filter; then the tags, twice.
            let fields: [UInt8] = (version >= 4 ? [1] : []) + [0, 0]
            let header: [UInt8] = [0, 16, 0, UInt8(version), 0, 0, 0, 1, 0xff, 0xff, 0]
            try client.send([0, 0, 0, UInt8(header.count + fields.count)] + header + fields)
            let response = try client.receive(ListGroupsResponse.self, version: Int16(version))
            #expect(response.errorCode == 0)
            #expect(try client.call(ApiVersionsRequest(), version: 0).errorCode == 0)
        }
    }

    @Test("random frames of every API: the broker lives on")
    func noise() async throws {
        try await TestBroker.with { broker in
            var random = SystemRandomNumberGenerator()
            for api in APIKey.allCases {
                for version in [api.versions.lowerBound, api.versions.upperBound] {
                    let client = try broker.connect()
                    let body = (0..<40).map { _ in UInt8.random(in: 0...3, using: &random) }
                    let key = [UInt8(0), UInt8(api.rawValue), UInt8(0), UInt8(version)]
                    try client.send([0, 0, 0, 50] + key + [0, 0, 0, 1, 0, 0] + body)
                }
            }
            let client = try broker.connect()
            #expect(try client.call(MetadataRequest(), version: 1).brokers.count == 1)
        }
    }

    @Test("only Produce may be large")
    func controlFrameLimit() async throws {
        try await TestBroker.with { configuration in
            configuration.limits.maxControlRequestBytes = 1_000
        } _: { broker in
            let client = try broker.connect()
            var request = MetadataRequest()
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = String(repeating: "x", count: 2_000)
            request.topics = [topic]
            try client.send(request, version: 1)
            #expect(client.isClosedByBroker())
            let producer = try broker.connect()
            try producer.createTopic("t")
            let large = String(repeating: "y", count: 5_000)
            #expect(try producer.produce("t", [large]).code == ErrorCode.none)
        }
    }

    @Test("connections beyond the limit are closed")
    func connectionLimit() async throws {
        try await TestBroker.with {
            $0.limits.maxConnections = 2
        } _: { broker in
            let first = try broker.connect()
            let second = try broker.connect()
            #expect(try first.call(ApiVersionsRequest(), version: 0).errorCode == 0)
            #expect(try second.call(ApiVersionsRequest(), version: 0).errorCode == 0)
            let third = try broker.connect()
            #expect(third.isClosedByBroker())
        }
    }

    @Test(
        "an address that others can reach is refused",
        arguments: ["0.0.0.0", "192.168.1.5", "::", "example.org", "127.0.0.1.org", "127.a.b.c", ""]
    )
    func loopbackOnly(host: String) {
        var configuration = EmbeddedLogConfiguration(dataDirectory: "/nonexistent")
        configuration.listeners = [BrokerListener(host: host)]
        #expect(throws: EmbeddedLogError.addressNotLoopback(host)) {
            try EmbeddedLogServer(configuration: configuration)
        }
    }

    @Test("a client that does not read its responses stops being read, and then gets them all")
    func slowConsumer() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            try client.createTopic("t")
            let value = String(repeating: "z", count: 500_000)
            for _ in 0..<8 { try client.produce("t", [value]) }
            let slow = try broker.connect()
            var request = slow.fetchRequest("t")
            request.topics[0].partitions[0].partitionMaxBytes = 10_000_000
            for _ in 0..<10 { try slow.send(request, version: 11) }
            #expect(try client.call(ApiVersionsRequest(), version: 0).errorCode == 0)
            for _ in 0..<10 {
                let response = try slow.receive(FetchResponse.self, version: 11)
                let bytes = response.responses.first?.partitions.first?.records?.bytes.count ?? 0
                #expect(bytes > 4_000_000)
            }
        }
    }
}
