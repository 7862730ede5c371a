import Glibc

/// A growing buffer of PostgreSQL's binary wire forms: big-endian numbers, raw bytes, lengths filled in afterwards.
///
/// It owns its memory and frees it when it goes; nothing outlives the closure that is given its bytes.
package struct WireBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacityBytes: Int
    package private(set) var count = 0

    package init(capacityBytes: Int = 1024) {
        self.capacityBytes = max(capacityBytes, 64)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacityBytes, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    /// Empties the buffer and keeps its memory.
    package mutating func removeAll() {
        count = 0
    }

    @inline(__always)
    package mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        let size = MemoryLayout<Number>.size
        reserve(size)
        (base + count).storeBytes(of: number.bigEndian, as: Number.self)
        count += size
    }

    @inline(__always)
    package mutating func append(bytes source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, !source.isEmpty else { return }
        reserve(source.count)
        memcpy(base + count, start, source.count)
        count += source.count
    }

    package mutating func append(bytes source: Span<UInt8>) {
        source.withUnsafeBytes { append(bytes: $0) }
    }

    /// The UTF-8 of the text.
    @inline(__always)
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites four bytes written before, for a length known only afterwards.
    package mutating func replace(at position: Int, with number: Int32) {
        precondition(position >= 0 && position + 4 <= count, "position outside the bytes written")
        (base + position).storeBytes(of: number.bigEndian, as: Int32.self)
    }

    package borrowing func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// A copy of the bytes.
    package var array: [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacityBytes { grow(to: count + more) }
    }

    @inline(never)
    private mutating func grow(to neededBytes: Int) {
        let newCapacity = max(neededBytes, capacityBytes * 2)
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        memcpy(bigger, base, count)
        base.deallocate()
        base = bigger
        capacityBytes = newCapacity
    }
}
