import StreamCore

/// How far a consumer group is behind, partition by partition.
struct GroupLag: Sendable, Equatable {
    struct Partition: Sendable, Equatable {
        var partition: TopicPartition
        /// The next offset to be read, nil when nothing was committed yet.
        var committed: Int64?
        /// The oldest record there is.
        var start: Int64
        /// One past the last readable record (the last stable offset).
        var end: Int64
        /// Age of the next unread record by its timestamp, in milliseconds; nil where none is unread or it could not be read in time.
        var ageMilliseconds: Int64?
        var member: String?
        var host: String?

        /// Offsets between the committed and the last stable one; without a committed one, all there are. Transaction markers take an
        /// offset too, so that this is never too small.
        var lagRecords: Int64 { max(0, end - (committed ?? start)) }
        /// Where the next unread record is to be looked for.
        var nextOffset: Int64 { max(committed ?? start, start) }
    }

    var group: String
    var state: String
    /// Ascending by topic and partition.
    var partitions: [Partition]

    var lagRecords: Int64 { partitions.reduce(0) { $0 + $1.lagRecords } }
    var greatestLag: Int64 { partitions.map(\.lagRecords).max() ?? 0 }
    var greatestAgeMilliseconds: Int64? { partitions.compactMap(\.ageMilliseconds).max() }
}
