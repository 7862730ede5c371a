/// Reads or writes the fields of one message, in order. One type for both directions, so that a message has one field
/// list, and a message read is a message that can be written.
///
/// Reading is bounds-checked: whatever the bytes are, it throws or yields values. No count in the bytes makes it
/// allocate for more elements than there are bytes left.
public struct FieldCoder: Sendable {
    public let version: Int16
    /// Compact lengths and tagged fields (KIP-482).
    public let isFlexible: Bool
    public let isDecoding: Bool
    /// What has been written.
    public private(set) var output: [UInt8] = []
    /// Positions in `output` where the caller's own bytes go, ascending.
    public private(set) var splicePositions: [Int] = []
    /// Sum of the bytes the caller puts in.
    public private(set) var splicedByteCount = 0
    private let input: ArraySlice<UInt8>
    private var position: Int
    private let elementLimit: Int
    /// Array elements that may still be read.
    private var elementsLeft: Int

    /// A coder that reads.
    ///
    /// - Parameter elementLimit: elements of all arrays together; an element of one byte may take a hundred in memory.
    public init(
        reading bytes: ArraySlice<UInt8>,
        version: Int16,
        isFlexible: Bool,
        elementLimit: Int = .max
    ) {
        self.version = version
        self.isFlexible = isFlexible
        isDecoding = true
        input = bytes
        position = bytes.startIndex
        self.elementLimit = elementLimit
        elementsLeft = elementLimit
    }

    /// A coder that writes.
    public init(writing version: Int16, isFlexible: Bool) {
        self.version = version
        self.isFlexible = isFlexible
        isDecoding = false
        input = []
        position = 0
        elementLimit = .max
        elementsLeft = .max
    }

    /// What has not been read.
    public var remaining: ArraySlice<UInt8> { input[position...] }

    /// - Throws: `trailingBytes`.
    public func finishReading() throws(WireError) {
        guard position == input.endIndex else { throw .trailingBytes(input.endIndex - position) }
    }

    // MARK: Integers

    public mutating func field(_ value: inout Bool) throws(WireError) {
        var byte: Int8 = value ? 1 : 0
        try field(&byte)
        value = byte != 0
    }

    public mutating func field(_ value: inout Int8) throws(WireError) { try integer(&value) }
    public mutating func field(_ value: inout Int16) throws(WireError) { try integer(&value) }
    public mutating func field(_ value: inout Int32) throws(WireError) { try integer(&value) }
    public mutating func field(_ value: inout Int64) throws(WireError) { try integer(&value) }

    public mutating func field(_ value: inout KafkaUUID) throws(WireError) {
        try integer(&value.high)
        try integer(&value.low)
    }

    private mutating func integer<T: FixedWidthInteger>(_ value: inout T) throws(WireError) {
        let size = T.bitWidth / 8
        guard isDecoding else {
            var shift = T.bitWidth
            while shift > 0 {
                shift -= 8
                output.append(UInt8(truncatingIfNeeded: value >> T(shift)))
            }
            return
        }
        guard input.endIndex - position >= size else { throw .truncated }
        var result: T = 0
        for index in position..<(position + size) {
            result = size == 1 ? T(truncatingIfNeeded: input[index]) : (result << 8) | T(input[index])
        }
        position += size
        value = result
    }

    // MARK: Lengths

    private mutating func readVarint() throws(WireError) -> Int {
        var result: UInt32 = 0
        for shift in stride(from: UInt32(0), through: 28, by: 7) {
            guard position < input.endIndex else { throw .truncated }
            let byte = input[position]
            position += 1
            if shift == 28, byte > 0x0f { throw .malformedVarint }
            result |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return Int(result) }
        }
        throw .malformedVarint
    }

    private mutating func writeVarint(_ value: Int) {
        var rest = UInt32(truncatingIfNeeded: value)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Reads a length or count; nil for null. It is never more than the bytes left, as every element takes one at least.
    private mutating func readLength(short: Bool, nullFrom: Int16 = 0) throws(WireError) -> Int? {
        let length: Int
        if isFlexible {
            length = try readVarint() - 1
        } else if short {
            var value: Int16 = 0
            try integer(&value)
            length = Int(value)
        } else {
            var value: Int32 = 0
            try integer(&value)
            length = Int(value)
        }
        if length == -1 {
            guard version >= nullFrom else { throw .unexpectedNull }
            return nil
        }
        guard length >= 0, length <= input.endIndex - position else { throw .invalidLength(length) }
        return length
    }

    private mutating func writeLength(_ length: Int?, short: Bool) throws(WireError) {
        let value = length ?? -1
        guard value <= (short && !isFlexible ? Int(Int16.max) : Int(Int32.max) - 1) else { throw .invalidLength(value) }
        if isFlexible {
            writeVarint(value + 1)
        } else if short {
            var number = Int16(truncatingIfNeeded: value)
            try integer(&number)
        } else {
            var number = Int32(truncatingIfNeeded: value)
            try integer(&number)
        }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { position += count }
        return input[position..<(position + count)]
    }

    // MARK: Text and bytes

    public mutating func field(_ value: inout String) throws(WireError) {
        if isDecoding {
            guard let length = try readLength(short: true) else { throw .unexpectedNull }
            value = String(decoding: take(length), as: UTF8.self)
        } else {
            try writeLength(value.utf8.count, short: true)
            output.append(contentsOf: value.utf8)
        }
    }

    /// - Parameter nullFrom: first version that knows null; before it, null is written as empty.
    public mutating func field(_ value: inout String?, nullFrom: Int16 = 0) throws(WireError) {
        if isDecoding {
            guard let length = try readLength(short: true, nullFrom: nullFrom) else {
                value = nil
                return
            }
            value = String(decoding: take(length), as: UTF8.self)
        } else if let value {
            try writeLength(value.utf8.count, short: true)
            output.append(contentsOf: value.utf8)
        } else {
            try writeLength(version < nullFrom ? 0 : nil, short: true)
        }
    }

    public mutating func field(_ value: inout [UInt8]) throws(WireError) {
        if isDecoding {
            guard let length = try readLength(short: false) else { throw .unexpectedNull }
            value = Array(take(length))
        } else {
            try writeLength(value.count, short: false)
            output.append(contentsOf: value)
        }
    }

    public mutating func field(_ value: inout [UInt8]?, nullFrom: Int16 = 0) throws(WireError) {
        if isDecoding {
            value = try readLength(short: false, nullFrom: nullFrom).map { Array(take($0)) }
        } else if let value {
            try writeLength(value.count, short: false)
            output.append(contentsOf: value)
        } else {
            try writeLength(version < nullFrom ? 0 : nil, short: false)
        }
    }

    public mutating func field(_ value: inout RecordData?, nullFrom: Int16 = 0) throws(WireError) {
        if isDecoding {
            value = try readLength(short: false, nullFrom: nullFrom).map { RecordData(take($0)) }
        } else if let value {
            try writeLength(value.splicedByteCount ?? value.bytes.count, short: false)
            if let count = value.splicedByteCount {
                splicePositions.append(output.count)
                splicedByteCount += count
            } else {
                output.append(contentsOf: value.bytes)
            }
        } else {
            try writeLength(version < nullFrom ? 0 : nil, short: false)
        }
    }

    // MARK: Structures and arrays

    public mutating func field<T: WireStructure>(_ value: inout T) throws(WireError) {
        try value.walk(&self)
    }

    public mutating func field<T: WireStructure>(_ values: inout [T]) throws(WireError) {
        if isDecoding {
            guard let decoded: [T] = try readArray({ (coder, value) throws(WireError) in try value.walk(&coder) })
            else { throw .unexpectedNull }
            values = decoded
        } else {
            try writeArray(values, nullFrom: 0) { (coder, value) throws(WireError) in try value.walk(&coder) }
        }
    }

    public mutating func field<T: WireStructure>(_ values: inout [T]?, nullFrom: Int16 = 0) throws(WireError) {
        if isDecoding {
            values = try readArray(nullFrom: nullFrom) { (coder, value) throws(WireError) in try value.walk(&coder) }
        } else {
            try writeArray(values, nullFrom: nullFrom) { (coder, value) throws(WireError) in try value.walk(&coder) }
        }
    }

    public mutating func field<T: WireScalar>(_ values: inout [T]) throws(WireError) {
        if isDecoding {
            guard let decoded: [T] = try readArray({ (coder, value) throws(WireError) in try value.code(&coder) })
            else { throw .unexpectedNull }
            values = decoded
        } else {
            try writeArray(values, nullFrom: 0) { (coder, value) throws(WireError) in try value.code(&coder) }
        }
    }

    public mutating func field<T: WireScalar>(_ values: inout [T]?, nullFrom: Int16 = 0) throws(WireError) {
        if isDecoding {
            values = try readArray(nullFrom: nullFrom) { (coder, value) throws(WireError) in try value.code(&coder) }
        } else {
            try writeArray(values, nullFrom: nullFrom) { (coder, value) throws(WireError) in try value.code(&coder) }
        }
    }

    private mutating func readArray<T: WireDefault>(
        nullFrom: Int16 = 0,
        _ element: (inout FieldCoder, inout T) throws(WireError) -> Void
    ) throws(WireError) -> [T]? {
        guard let count = try readLength(short: false, nullFrom: nullFrom) else { return nil }
        guard count <= elementsLeft else { throw .tooManyElements(limit: elementLimit) }
        elementsLeft -= count
        var values: [T] = []
        values.reserveCapacity(min(count, 1_024))
        for _ in 0..<count {
            var value = T()
            try element(&self, &value)
            values.append(value)
        }
        return values
    }

    private mutating func writeArray<T>(
        _ values: [T]?,
        nullFrom: Int16,
        _ element: (inout FieldCoder, inout T) throws(WireError) -> Void
    ) throws(WireError) {
        guard let values else {
            try writeLength(version < nullFrom ? 0 : nil, short: false)
            return
        }
        try writeLength(values.count, short: false)
        for value in values {
            var copy = value
            try element(&self, &copy)
        }
    }

    // MARK: Tagged fields

    /// The tagged fields of a structure while they are read.
    public struct Tags: Sendable {
        var left: Int
        var endOfTag: Int?
    }

    /// For a structure without known tags: writes none, skips all.
    public mutating func skipTags() throws(WireError) {
        guard isFlexible else { return }
        guard isDecoding else {
            writeVarint(0)
            return
        }
        var tags = try openTags()
        while try nextTag(&tags) != nil {}
    }

    /// Begins reading tagged fields.
    public mutating func openTags() throws(WireError) -> Tags {
        Tags(left: try readVarint(), endOfTag: nil)
    }

    /// The number of the next tagged field, whose content is read next (or skipped by asking for the next one).
    public mutating func nextTag(_ tags: inout Tags) throws(WireError) -> Int? {
        if let end = tags.endOfTag {
            guard position <= end else { throw .invalidLength(position - end) }
            position = end
        }
        guard tags.left > 0 else { return nil }
        tags.left -= 1
        let number = try readVarint()
        let size = try readVarint()
        guard size <= input.endIndex - position else { throw .invalidLength(size) }
        tags.endOfTag = position + size
        return number
    }

    /// Begins writing tagged fields; they follow in ascending order.
    public mutating func writeTagCount(_ count: Int) {
        writeVarint(count)
    }

    /// Begins one tagged field. Returns where its content starts, for `closeTag`.
    public mutating func openTag(_ number: Int) -> Int {
        writeVarint(number)
        return output.count
    }

    /// Ends a tagged field: puts its size before it.
    public mutating func closeTag(from start: Int) {
        let content = output[start...]
        output.removeSubrange(start...)
        writeVarint(content.count)
        output.append(contentsOf: content)
    }
}

/// What has an empty value to read into.
public protocol WireDefault {
    init()
}

/// An element of an array that is no structure.
public protocol WireScalar: WireDefault {
    mutating func code(_ coder: inout FieldCoder) throws(WireError)
}

extension Int8: WireScalar {
    public mutating func code(_ coder: inout FieldCoder) throws(WireError) { try coder.field(&self) }
}

extension Int32: WireScalar {
    public mutating func code(_ coder: inout FieldCoder) throws(WireError) { try coder.field(&self) }
}

extension Int64: WireScalar {
    public mutating func code(_ coder: inout FieldCoder) throws(WireError) { try coder.field(&self) }
}

extension String: WireScalar {
    public mutating func code(_ coder: inout FieldCoder) throws(WireError) { try coder.field(&self) }
}

extension KafkaUUID: WireScalar {
    public mutating func code(_ coder: inout FieldCoder) throws(WireError) { try coder.field(&self) }
}
