import KafkaProtocol
import Testing

@Suite("Message codec")
struct MessageCodecTests {
    @Test("a known ApiVersions v3 request has the bytes the protocol gives it")
    func knownBytes() throws {
        var request = ApiVersionsRequest()
        request.clientSoftwareName = "ab"
        request.clientSoftwareVersion = "1"
        let frame = try EncodedFrame(request, version: 3, correlationId: 7, clientId: "c")
        // Length, API 18, version 3, correlation 7, client id with a two-byte length, header tags, compact strings, tags.
        #expect(
            frame.bytes == [
                0, 0, 0, 18, 0, 18, 0, 3, 0, 0, 0, 7, 0, 1, 0x63, 0, 3, 0x61, 0x62, 2, 0x31, 0,
            ]
        )
    }

    @Test("what follows the last field is ignored in a client's request, and an error elsewhere")
    func trailingBytes() throws {
        let bytes: [UInt8] = [1, 0, 0]
        #expect(try ListGroupsRequest(received: bytes[...], version: 4) == ListGroupsRequest())
        #expect(throws: WireError.trailingBytes(1)) { try ListGroupsRequest(decoding: bytes[...], version: 4) }
        #expect(throws: WireError.invalidLength(4)) { try ListGroupsRequest(received: [5, 0, 0], version: 4) }
    }

    @Test("a known Metadata v1 response is read field by field")
    func knownResponse() throws {
        let frame: [UInt8] = [
            0, 0, 0, 9,  // correlation id
            0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0x68, 0, 0, 0x23, 0x84, 0xff, 0xff,  // one broker: 1, "h", 9092, no rack
            0, 0, 0, 1,  // controller
            0, 0, 0, 1, 0, 3, 0, 1, 0x74, 1, 0, 0, 0, 0,  // one topic: error 3, "t", internal, no partitions
        ]
        let (correlation, response) = try MetadataResponse.decode(frame: frame[...], version: 1)
        #expect(correlation == 9)
        #expect(response.brokers.first?.port == 9_092)
        #expect(response.brokers.first?.rack == nil)
        #expect(response.topics.first?.errorCode == ErrorCode.unknownTopicOrPartition.rawValue)
        #expect(response.topics.first?.isInternal == true)
    }

    @Test("whatever is read is written as it was, in every version of every request and response")
    func roundTrip() throws {
        func check<Message: KafkaMessage & Equatable>(_ type: Message.Type) throws {
            for version in type.api.versions {
                for seed in UInt64(0)..<6 {
                    let bytes = try #require(
                        MessageSamples.validBody(type, version: version, seed: seed),
                        "\(type) v\(version)"
                    )
                    let message = try Message(decoding: bytes[...], version: version)
                    var coder = FieldCoder(writing: version, isFlexible: type.api.isFlexible(version))
                    try message.write(to: &coder)
                    let again = try Message(decoding: coder.output[...], version: version)
                    #expect(again == message, "\(type) v\(version) seed \(seed)")
                }
            }
        }
        func checkPair<Request: KafkaRequest>(_ type: Request.Type) throws {
            if let request = type as? any (KafkaMessage & Equatable).Type { try check(request) }
            if let response = Request.Response.self as? any (KafkaMessage & Equatable).Type { try check(response) }
        }
        var count = 0
        try MessageSamples.forEachRequest { type in
            try checkPair(type)
            count += 1
        }
        #expect(count == APIKey.allCases.count)
    }

    @Test("tagged fields are written in order and unknown ones are skipped")
    func taggedFields() throws {
        var request = FetchRequest()
        request.clusterId = "x"
        var replica = FetchRequest.ReplicaState()
        replica.replicaId = 5
        request.replicaState = replica
        var coder = FieldCoder(writing: 15, isFlexible: true)
        try request.write(to: &coder)
        #expect(try FetchRequest(decoding: coder.output[...], version: 15) == request)
        // Heartbeat v4: "g", 0, "m", null, then one unknown tag (9) with two bytes.
        let bytes: [UInt8] = [2, 0x67, 0, 0, 0, 0, 2, 0x6d, 0, 1, 9, 2, 0xaa, 0xbb]
        #expect(try HeartbeatRequest(decoding: bytes[...], version: 4).memberId == "m")
    }

    @Test("records are not copied when read, and leave a hole when spliced")
    func splices() throws {
        var response = FetchResponse()
        var topic = FetchResponse.FetchableTopicResponse()
        var partition = FetchResponse.FetchableTopicResponse.PartitionData()
        partition.records = RecordData(splicedByteCount: 1_000)
        topic.partitions = [partition]
        response.responses = [topic]
        let frame = try EncodedFrame(response, version: 11, correlationId: 1)
        let stated = frame.bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
        #expect(stated == frame.bytes.count - 4 + 1_000)
        #expect(frame.splicePositions == [frame.bytes.count])
    }

    @Test("null is refused where the protocol knows none, and written as empty in versions before it")
    func nulls() throws {
        // Heartbeat v0 with a null group id.
        let bytes: [UInt8] = [0xff, 0xff, 0, 0, 0, 0, 0, 0]
        #expect(throws: WireError.unexpectedNull) { try HeartbeatRequest(decoding: bytes[...], version: 0) }
        var response = JoinGroupResponse()
        response.protocolName = nil
        var coder = FieldCoder(writing: 5, isFlexible: false)
        try response.write(to: &coder)
        #expect(try JoinGroupResponse(decoding: coder.output[...], version: 5).protocolName?.isEmpty == true)
    }

    @Test("unknown APIs and versions are told apart from garbage")
    func unknown() throws {
        let (header, body) = try RequestHeader.decode([0x7f, 0, 0, 1, 0, 0, 0, 5, 1, 2, 3])
        #expect(header.api == nil)
        #expect(header.correlationId == 5)
        #expect(body.isEmpty)
        #expect(throws: WireError.truncated) { try RequestHeader.decode([0, 18, 0]) }
        #expect(throws: WireError.unsupportedVersion(api: .heartbeat, version: 99)) {
            try HeartbeatRequest(decoding: [], version: 99)
        }
    }

    @Test("stored records carry their version and refuse others")
    func storedRecords() throws {
        var value = OffsetCommitValue()
        value.offset = 1_234_567_890_123
        value.metadata = "m"
        for version in OffsetCommitValue.versions {
            let bytes = try value.encoded(version: version)
            #expect(try OffsetCommitValue(decoding: bytes[...]).offset == value.offset)
        }
        #expect(throws: WireError.unsupportedRecordVersion(9)) { try value.encoded(version: 9) }
        #expect(throws: WireError.unsupportedRecordVersion(0x7f7f)) {
            try OffsetCommitValue(decoding: [0x7f, 0x7f, 0, 0])
        }
    }
}
