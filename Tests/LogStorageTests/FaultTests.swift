import Glibc
import KafkaProtocol
import LogStorage
import Synchronization
import Testing

/// Disks that fill up, fail, or can't be written to.
@Suite struct FaultTests {
    @Test func aFullDiskRefusesTheAppendAndKeepsTheRest() throws {
        let fixture = LogFixture()
        let room = Mutex<Int?>(nil)
        var faults = FileFaults()
        faults.writeLimit = { path, _ in path.hasSuffix(".log") ? room.withLock { $0 } : nil }
        let log = try fixture.log { $0.faults = faults }
        try log.put(Batch.plain(2))
        for limit in [0, 1, 61, 70] {
            room.withLock { $0 = limit }
            #expect(throws: StorageError.diskFull(path: fixture.path + "/log/00000000000000000000.log")) {
                try log.put(Batch.plain(5, size: 100))
            }
            #expect(fixture.bytes("log/00000000000000000000.log").count == Int(log.byteCount))
        }
        try log.flush()
        #expect(try log.records().count == 2)
        #expect(log.readOnlyReason == nil)
        room.withLock { $0 = nil }
        #expect(try log.put(Batch.plain(1)).baseOffset == 2)
        try log.close()
        #expect(try fixture.log().records().count == 3)
    }

    @Test func aWriteThatCantBeTakenBackEndsWritingButNotReading() throws {
        let fixture = LogFixture()
        let isFull = Mutex(false)
        var faults = FileFaults()
        faults.writeLimit = { path, _ in path.hasSuffix(".log") && isFull.withLock { $0 } ? 50 : nil }
        faults.beforeTruncate = { _ in isFull.withLock { $0 } ? EIO : nil }
        let log = try fixture.log { $0.faults = faults }
        try log.put(Batch.plain(2))
        isFull.withLock { $0 = true }
        #expect(throws: StorageError.self) { try log.put(Batch.plain(2)) }
        isFull.withLock { $0 = false }
        let reason = try #require(log.readOnlyReason)
        #expect(throws: StorageError.readOnly(reason: reason)) { try log.put(Batch.plain(2)) }
        try log.flush()
        #expect(try log.records().count == 2)
        fixture.crashCopy(to: "copy")
        let copy = try fixture.log("copy")
        #expect(copy.readOnlyReason == nil && copy.logEndOffset == 2)
    }

    @Test func aFailedSyncIsNeverRepeated() throws {
        let fixture = LogFixture()
        let syncs = Mutex(0)
        var faults = FileFaults()
        faults.beforeSync = { path in
            guard path.hasSuffix(".log") else { return nil }
            return syncs.withLock { count in
                count += 1
                return count == 2 ? EIO : nil
            }
        }
        let log = try fixture.log { $0.faults = faults }
        try log.put(Batch.plain(2))
        try log.flush()
        try log.put(Batch.plain(2))
        #expect(throws: StorageError.self) { try log.flush() }
        #expect(log.highWatermark == 2)
        #expect(log.readOnlyReason?.contains("sync failed") == true)
        #expect(throws: StorageError.self) { try log.flush() }
        #expect(throws: StorageError.self) { try log.put(Batch.plain(2)) }
        #expect(syncs.withLock { $0 } == 2)
        #expect(try log.records().count == 2, "what was durable is still served, and nothing else")
        #expect(fixture.events.contains { if case .readOnly = $0 { true } else { false } })
    }

    @Test func aFailedCheckpointIsReportedAndNoMore() throws {
        let fixture = LogFixture()
        var faults = FileFaults()
        faults.writeLimit = { path, _ in path.hasSuffix("log.tmp") || path.hasSuffix("checkpoint.tmp") ? 10 : nil }
        let log = try fixture.log(config: AppendReadTests.small(1_024)) { $0.faults = faults }
        for _ in 0..<30 { try log.put(Batch.plain(2, size: 100)) }
        #expect(try log.flush() == 60)
        #expect(fixture.events.contains { if case .maintenanceFailed = $0 { true } else { false } })
        fixture.crashCopy(to: "copy")
        #expect(try fixture.log("copy").records().count == 60)
    }

    @Test func aRealFullDiskIsSurvived() throws {
        let fixture = LogFixture()
        let mount = fixture.path + "/disk"
        mkdir(mount, 0o755)
        guard Glibc.mount("tmpfs", mount, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: mounting a small tmpfs is not allowed here")
            return
        }
        defer { umount2(mount, Int32(MNT_DETACH)) }
        let log = try fixture.log("disk/log")
        var written: Int64 = 0
        #expect(throws: StorageError.self) {
            for _ in 0..<1_000 {
                try log.put(Batch.plain(1, size: 5_000))
                written += 1
            }
        }
        #expect(written > 50 && log.logEndOffset == written)
        try log.flush()
        #expect(try log.records().count == Int(written))
        #expect(log.readOnlyReason == nil)
        let copy = try fixture.log("disk/log")
        #expect(copy.logEndOffset == written)
        #expect(try copy.records().count == Int(written))
    }
}

/// A disk that has become read-only, for which the machine has to allow mounting.
@Suite struct ReadOnlyDiskTests {
    @Test func aReadOnlyDiskIsServedButNotWritten() throws {
        let fixture = LogFixture()
        let disk = fixture.path + "/disk"
        mkdir(disk, 0o755)
        guard Glibc.mount("tmpfs", disk, "tmpfs", 0, "size=8m") == 0 else {
            print("skipped: mounting a tmpfs is not allowed here")
            return
        }
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let path = disk + "/data"
        let directory = try LogDirectory.open(path: path, options: fixture.options())
        try directory.createTopic(LogDirectoryTests.topic("kept", 1, ["segment.bytes": "2048"]))
        let log = try #require(directory.log(topic: "kept", partition: 0))
        for _ in 0..<30 { try log.put(Batch.plain(2, size: 100)) }
        try log.flush()
        // The process dies, and the disk comes back read-only.
        LogFixture.run("cp", ["-a", path, path + "-crashed"])
        try directory.close()
        let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        let remounted = Glibc.mount("tmpfs", disk, "tmpfs", flags, "size=8m")
        #expect(remounted == 0)
        for place in [path, path + "-crashed"] {
            let again = try LogDirectory.open(path: place, options: fixture.options())
            let log = try #require(again.log(topic: "kept", partition: 0))
            #expect(try log.records().count == 60)
            #expect(throws: StorageError.readOnly(reason: "the disk takes no writes")) { try log.put(Batch.plain()) }
            #expect(throws: StorageError.self) { try again.createTopic(LogDirectoryTests.topic("new")) }
            again.maintain(nowMilliseconds: Batch.start)
            #expect(try log.records().count == 60)
            try again.close()
        }
    }
}
