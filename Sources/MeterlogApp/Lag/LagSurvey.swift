import KafkaIO
import StreamCore

/// Asks a cluster how far its consumer groups are behind. Only reads: no group is joined, no offset moved.
struct LagSurvey {
    /// Bound of the search for the next unread records, over all partitions.
    private static let ageTimeoutSeconds = 10.0

    let cluster: ClusterAccess
    let groups: [String]
    let topics: [String]

    /// - Parameters:
    ///   - groups: only these; empty: all.
    ///   - topics: only these; empty: all.
    func lags(nowMilliseconds: Int64) throws -> [GroupLag] {
        let admin = try cluster.admin()
        let partitions = try partitions(admin)
        var watermarks: [TopicPartition: (low: Int64, high: Int64)] = [:]
        var lags: [GroupLag] = []
        for name in try groupNames(admin) {
            let description = try admin.describeGroups([name])[0]
            let committed = try admin.committedOffsets(ofGroup: name, partitions)
            let owners = Self.owners(description)
            var lag = GroupLag(group: name, state: description.state, partitions: [])
            for (partition, offset) in zip(partitions, committed) {
                let owner = owners[partition]
                guard offset != nil || owner != nil else { continue }
                let ends = try watermarks[partition] ?? admin.watermarks(of: partition)
                watermarks[partition] = ends
                lag.partitions.append(
                    GroupLag.Partition(
                        partition: partition,
                        committed: offset,
                        start: ends.low,
                        end: ends.high,
                        member: owner.map { $0.instanceID ?? $0.clientID },
                        host: owner?.host
                    )
                )
            }
            try findAges(&lag, nowMilliseconds: nowMilliseconds)
            lags.append(lag)
        }
        return lags
    }

    private func groupNames(_ admin: KafkaAdmin) throws -> [String] {
        let known = try admin.groups()
        guard !groups.isEmpty else { return known }
        if let unknown = groups.first(where: { !known.contains($0) }) {
            let list = known.isEmpty ? "there is none yet" : "there are: \(known.joined(separator: ", "))"
            throw AppError.unusable("there is no consumer group \(unknown); \(list)")
        }
        return groups.sorted()
    }

    private func partitions(_ admin: KafkaAdmin) throws -> [TopicPartition] {
        let known = try admin.topics()
        if let unknown = topics.first(where: { name in !known.contains { $0.name == name } }) {
            throw AppError.unusable("there is no topic \(unknown); meterlog topics list shows them")
        }
        return known.filter { topics.isEmpty || topics.contains($0.name) }.flatMap { topic in
            (0..<topic.partitionCount).map { TopicPartition(topic.name, $0) }
        }.sorted()
    }

    private static func owners(
        _ description: KafkaGroupDescription
    ) -> [TopicPartition: KafkaGroupDescription.Member] {
        var owners: [TopicPartition: KafkaGroupDescription.Member] = [:]
        for member in description.members {
            for partition in member.partitions { owners[partition] = member }
        }
        return owners
    }

    /// Reads the next unread record of every partition that is behind, for its timestamp.
    private func findAges(_ lag: inout GroupLag, nowMilliseconds: Int64) throws {
        let behind = lag.partitions.filter { $0.lagRecords > 0 }
        guard !behind.isEmpty else { return }
        var reader = try KafkaReader(
            settings: cluster.kafka,
            options: KafkaReader.Options(missingRecords: .earliest),
            notices: cluster.notices
        )
        try reader.assign(behind.map { PartitionPosition($0.partition, nextOffset: $0.nextOffset) })
        var timestamps: [TopicPartition: Int64] = [:]
        var batch = InputBatch()
        let deadline = Stopwatch.seconds() + Self.ageTimeoutSeconds
        var ended: Set<TopicPartition> = []
        while timestamps.count + ended.count < behind.count, Stopwatch.seconds() < deadline {
            for one in behind where timestamps[one.partition] == nil && reader.end(of: one.partition) != nil {
                ended.insert(one.partition)
            }
            guard try reader.poll(into: &batch, limits: PollLimits(maxRecords: 500), timeoutMilliseconds: 250) else {
                continue
            }
            var found: [TopicPartition] = []
            for run in batch.runs() {
                let partition = batch.partition(of: run.lowerBound)
                guard timestamps[partition] == nil else { continue }
                timestamps[partition] = batch.entries[run.lowerBound].timestampMilliseconds
                ended.remove(partition)
                found.append(partition)
            }
            if !found.isEmpty, timestamps.count < behind.count { try reader.pause(found) }
        }
        for index in lag.partitions.indices {
            lag.partitions[index].holdsOnlyMarkers = ended.contains(lag.partitions[index].partition)
            guard let timestamp = timestamps[lag.partitions[index].partition] else { continue }
            lag.partitions[index].ageMilliseconds = max(0, nowMilliseconds - timestamp)
        }
    }
}
