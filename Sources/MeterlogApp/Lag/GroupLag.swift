package import StreamCore

/// How far a consumer group is behind, partition by partition.
package struct GroupLag: Sendable, Equatable {
    package struct Partition: Sendable, Equatable {
        package var partition: TopicPartition
        /// The next offset to be read, nil when nothing was committed yet.
        package var committed: Int64?
        /// The oldest record there is.
        package var start: Int64
        /// One past the last readable record (the last stable offset).
        package var end: Int64
        /// Age of the next unread record by its timestamp, in milliseconds; nil where none is unread or it could not be read in time.
        package var ageMilliseconds: Int64?
        /// Nothing is to be read up to the end: there are markers of transactions alone.
        package var holdsOnlyMarkers = false
        package var member: String?
        package var host: String?

        /// Offsets between the next to be read and the last stable one; all there are where nothing was committed. Transaction markers
        /// take an offset too, so that this is never too small; where there are only markers it is 0.
        package var lagRecords: Int64 { holdsOnlyMarkers ? 0 : max(0, end - nextOffset) }
        /// Where the next unread record is to be looked for.
        package var nextOffset: Int64 { max(committed ?? start, start) }

        package init(
            partition: TopicPartition,
            committed: Int64?,
            start: Int64,
            end: Int64,
            ageMilliseconds: Int64? = nil,
            member: String? = nil,
            host: String? = nil
        ) {
            self.partition = partition
            self.committed = committed
            self.start = start
            self.end = end
            self.ageMilliseconds = ageMilliseconds
            self.member = member
            self.host = host
        }
    }

    package var group: String
    package var state: String
    /// Ascending by topic and partition.
    package var partitions: [Partition]

    package init(group: String, state: String, partitions: [Partition]) {
        self.group = group
        self.state = state
        self.partitions = partitions
    }

    package var lagRecords: Int64 { partitions.reduce(0) { $0 + $1.lagRecords } }
    package var greatestLag: Int64 { partitions.map(\.lagRecords).max() ?? 0 }
    package var greatestAgeMilliseconds: Int64? { partitions.compactMap(\.ageMilliseconds).max() }
}
