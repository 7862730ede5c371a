internal import CRDKafka
internal import StreamCore

/// Calls about partitions that the group consumer and the free reader share.
struct PartitionReader {
    let handle: ClientHandle
    let patience: Patience

    /// First and one-past-last readable offsets; with `read_committed` the last is the last stable offset.
    func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        let deadline = patience.deadline
        while true {
            var low: Int64 = 0
            var high: Int64 = 0
            var code = reachCluster(deadline)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                code = rd_kafka_query_watermark_offsets(
                    handle.pointer,
                    partition.topic,
                    partition.partition,
                    &low,
                    &high,
                    patience.sliceMilliseconds(deadline)
                )
            }
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return (low, high) }
            try retry(code, deadline, "watermarks of \(partition)")
        }
    }

    /// Whether any broker answers. The library (2.0) waits for watermarks as long as its connection may be silent, whatever time-out it
    /// was given, so a cluster that is away must be noticed before.
    private func reachCluster(_ deadline: Deadline) -> rd_kafka_resp_err_t {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 0, nil, &metadata, patience.sliceMilliseconds(deadline))
        if let metadata { rd_kafka_metadata_destroy(metadata) }
        return code
    }

    /// Continues assigned partitions at other offsets; records fetched before are dropped by the library.
    func seek(to positions: [PartitionPosition]) throws(LogError) {
        guard !positions.isEmpty else { return }
        let deadline = patience.deadline
        let settling = Deadline(milliseconds: min(2000, patience.timeoutMilliseconds))
        let list = PartitionList(positions)
        while true {
            if let error = rd_kafka_seek_partitions(
                handle.pointer,
                list.pointer,
                patience.sliceMilliseconds(deadline)
            ) {
                let failure = Failure(taking: error, of: handle.pointer)
                guard failure.reaction(during: .consume) == .retry, !patience.isOver(deadline) else {
                    throw failure.logError(during: .consume, doing: "seek")
                }
                deadline.pause(milliseconds: 100)
                continue
            }
            guard let code = list.firstError else { return }
            // A partition that was assigned a moment ago can't be sought yet.
            guard code == RD_KAFKA_RESP_ERR__STATE, !settling.isOver else {
                try retry(code, deadline, "seek")
                continue
            }
            deadline.pause(milliseconds: 20)
        }
    }

    /// Stops fetching from partitions; records already fetched are dropped, and fetched again after `resume`.
    func pause(_ partitions: [TopicPartition]) throws(LogError) {
        let list = PartitionList(partitions)
        try check(rd_kafka_pause_partitions(handle.pointer, list.pointer), list.firstError, "pause")
    }

    func resume(_ partitions: [TopicPartition]) throws(LogError) {
        let list = PartitionList(partitions)
        try check(rd_kafka_resume_partitions(handle.pointer, list.pointer), list.firstError, "resume")
    }

    private func check(
        _ code: rd_kafka_resp_err_t,
        _ entry: rd_kafka_resp_err_t?,
        _ what: String
    ) throws(LogError) {
        let failed = code == RD_KAFKA_RESP_ERR_NO_ERROR ? entry : code
        guard let failed else { return }
        throw Failure(failed, of: handle.pointer).logError(during: .consume, doing: what)
    }

    /// Throws unless the error may be retried before the deadline, and before a stop; then pauses.
    func retry(_ code: rd_kafka_resp_err_t, _ deadline: Deadline, _ what: String) throws(LogError) {
        let failure = Failure(code, of: handle.pointer)
        guard failure.reaction(during: .consume) == .retry, !patience.isOver(deadline) else {
            throw failure.logError(during: .consume, doing: what)
        }
        deadline.pause(milliseconds: 100)
    }
}
