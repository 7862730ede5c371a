import KafkaProtocol
import Testing

/// The record batch format against bytes written by hand from the Kafka protocol's field list.
@Suite struct RecordBatchTests {
    /// One record, key "k", value "v", no headers: every field typed from the specification; only the checksum is
    /// computed, by the bitwise algorithm below.
    static let golden: [UInt8] = [
        0, 0, 0, 0, 0, 0, 0, 0,  // base offset
        0, 0, 0, 58,  // batch length: 49 bytes of header after this field, 9 of records
        0xFF, 0xFF, 0xFF, 0xFF,  // leader epoch -1
        2,  // magic
        0x00, 0x00, 0x00, 0x00,  // checksum, filled in
        0, 0,  // attributes
        0, 0, 0, 0,  // last offset delta
        0, 0, 0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x00,  // base timestamp 1,700,000,000,000
        0, 0, 0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x00,  // max timestamp
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,  // producer id -1
        0xFF, 0xFF,  // producer epoch -1
        0xFF, 0xFF, 0xFF, 0xFF,  // base sequence -1
        0, 0, 0, 1,  // record count
        16, 0, 0, 0, 2, 0x6B, 2, 0x76, 0,  // length 8, attributes, deltas, key, value, no headers
    ]

    static func goldenBatch() -> [UInt8] {
        var bytes = golden
        let crc = bitwiseChecksum(bytes[21...])
        for index in 0..<4 { bytes[17 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * index)) }
        return bytes
    }

    /// CRC-32C bit by bit, as the definition has it.
    static func bitwiseChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    @Test func checksumHasTheKnownValues() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        // RFC 3720, appendix B.4: 32 bytes of zeroes, of ones, and rising.
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test func checksumIsTheSameForAnyLengthAndSplit() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        for count in 0...bytes.count {
            #expect(CRC32C.checksum(Array(bytes[..<count])) == Self.bitwiseChecksum(bytes[..<count]))
        }
        let whole = CRC32C.checksum(bytes)
        for split in 0...bytes.count {
            let head = CRC32C.checksum(Array(bytes[..<split]))
            #expect(CRC32C.checksum(Array(bytes[split...]), continuing: head) == whole)
        }
        #expect(bytes.span.bytes.byteCount == 300)
        #expect(CRC32C.checksum(bytes.span.bytes) == whole)
    }

    @Test func varIntsHaveTheKnownEncodings() {
        let known: [(Int64, [UInt8])] = [
            (0, [0]), (-1, [1]), (1, [2]), (-2, [3]), (63, [0x7E]), (-64, [0x7F]), (64, [0x80, 0x01]),
            (300, [0xD8, 0x04]), (2_147_483_647, [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]),
            (-2_147_483_648, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
            (.max, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            (.min, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ]
        for (value, encoded) in known {
            var bytes: [UInt8] = []
            VarInt.append(value, to: &bytes)
            #expect(bytes == encoded)
            #expect(VarInt.byteCount(value) == encoded.count)
            var offset = 0
            #expect(encoded.withUnsafeBytes { VarInt.read64($0, at: &offset) } == value)
            #expect(offset == encoded.count)
            guard let short = Int32(exactly: value) else { continue }
            var bytes32: [UInt8] = []
            VarInt.append(short, to: &bytes32)
            #expect(bytes32 == encoded)
            offset = 0
            #expect(encoded.withUnsafeBytes { VarInt.read32($0, at: &offset) } == short)
        }
    }

    @Test func cutOrOverlongVarIntsAreRefused() {
        let bad: [[UInt8]] = [
            [], [0x80], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x1F], [UInt8](repeating: 0x80, count: 6),
        ]
        for bytes in bad {
            var offset = 0
            #expect(bytes.withUnsafeBytes { VarInt.read32($0, at: &offset) } == nil)
            #expect(offset == 0)
        }
        let long = [UInt8](repeating: 0xFF, count: 9) + [0x02]
        var offset = 0
        #expect(long.withUnsafeBytes { VarInt.read64($0, at: &offset) } == nil)
    }

    @Test func builderWritesTheGoldenBytes() {
        var builder = RecordBatchBuilder(baseTimestamp: 1_700_000_000_000)
        builder.append(key: [0x6B], value: [0x76])
        #expect(builder.build() == Self.goldenBatch())
    }

    @Test func goldenBatchParses() throws {
        let bytes = Self.goldenBatch()
        let header = try bytes.withUnsafeBytes { try RecordBatchHeader(validating: $0) }
        #expect(header.totalByteCount == bytes.count)
        #expect(header.baseOffset == 0 && header.lastOffset == 0 && header.nextOffset == 1)
        #expect(header.partitionLeaderEpoch == -1)
        #expect(header.baseTimestamp == 1_700_000_000_000 && header.maxTimestamp == 1_700_000_000_000)
        #expect(!header.hasProducerId && !header.isTransactional && !header.isControl)
        #expect(header.compression == .none && header.recordCount == 1)
        var copy = [UInt8](repeating: 0, count: RecordBatchHeader.byteCount)
        copy.withUnsafeMutableBytes { header.write(to: $0) }
        #expect(copy == Array(bytes[..<RecordBatchHeader.byteCount]))
    }

    @Test func assigningOffsetsLeavesTheChecksumRight() throws {
        var bytes = Self.goldenBatch()
        bytes.withUnsafeMutableBytes { RecordBatchHeader.assign(baseOffset: 1 << 40, leaderEpoch: 7, in: $0) }
        let header = try bytes.withUnsafeBytes { try RecordBatchHeader(validating: $0) }
        #expect(header.baseOffset == 1 << 40)
        #expect(header.partitionLeaderEpoch == 7)
    }

    @Test func recordsComeBackAsTheyWere() throws {
        let producer = RecordBatchBuilder.Producer(id: 9, epoch: 3, baseSequence: .max, isTransactional: true)
        var builder = RecordBatchBuilder(baseTimestamp: 1_000, producer: producer)
        let headers = [RecordField(key: [1], value: nil), RecordField(key: [], value: [])]
        builder.append(key: nil, value: [1, 2, 3], timestamp: 990)
        builder.append(key: [], value: nil, headers: headers, timestamp: 2_000)
        builder.append(key: [UInt8](repeating: 5, count: 200), value: [], offsetDelta: 6)
        let bytes = builder.build()
        try bytes.withUnsafeBytes { buffer in
            let header = try RecordBatchHeader(validating: buffer)
            #expect(header.maxTimestamp == 2_000 && header.lastOffsetDelta == 6 && header.recordCount == 3)
            #expect(header.isTransactional && header.producerId == 9 && header.producerEpoch == 3)
            #expect(header.lastSequence == 5, "sequences wrap to 0 after 2^31 - 1")
            var records = try RecordIterator(batch: buffer)
            let first = try #require(try records.next())
            #expect(first.key == nil && first.timestamp == 990 && first.offset == 0)
            #expect(first.value.map { Array(buffer[$0]) } == [1, 2, 3])
            let second = try #require(try records.next())
            #expect(second.key?.isEmpty == true && second.value == nil && second.timestamp == 2_000)
            #expect(try records.headers(of: second) == headers)
            let third = try #require(try records.next())
            #expect(third.key?.count == 200 && third.value?.isEmpty == true && third.offset == 6)
            #expect(try records.next() == nil)
        }
    }

    @Test(arguments: [TransactionMarker.commit, .abort])
    func markersComeBackAsTheyWere(marker: TransactionMarker) throws {
        let bytes = RecordBatchBuilder.marker(
            marker,
            producerId: 11,
            producerEpoch: 2,
            coordinatorEpoch: 77,
            timestamp: 5
        )
        try bytes.withUnsafeBytes { buffer in
            let header = try RecordBatchHeader(validating: buffer)
            #expect(header.isControl && header.isTransactional && header.baseSequence == -1)
            #expect(header.producerId == 11 && header.producerEpoch == 2)
            let record = try EndTransactionRecord(batch: buffer)
            #expect(record == EndTransactionRecord(marker: marker, coordinatorEpoch: 77))
        }
        // Key: version 0, type 0 for abort and 1 for commit. Value: version 0, coordinator epoch.
        let key: [UInt8] = [0, 0, 0, marker == .commit ? 1 : 0]
        #expect(Array(bytes.suffix(13)) == [8] + key + [12, 0, 0, 0, 0, 0, 77, 0])
    }
}
