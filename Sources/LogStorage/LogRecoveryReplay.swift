import KafkaProtocol

extension LogRecovery {
    // MARK: State of producers, transactions and epochs

    mutating func replay(_ segment: Segment, file: LogFile) throws(StorageError) {
        hasScanned = true
        let reader = BatchReader(
            file: file,
            from: 0,
            limit: segment.byteCount,
            minimumOffset: segment.baseOffset,
            depth: .checkedBatches
        )
        do throws(WalkError) {
            while let header = try reader.next() {
                guard header.baseOffset >= replayOffset else { continue }
                replay(header, reader.batch, nowMilliseconds: segment.lastAppendMilliseconds)
            }
        } catch {
            switch error {
            case .storage(let error): throw error
            case .bad(_, let reason):
                let offset = max(segment.baseOffset, replayOffset)
                damage.append((offset...max(offset, segment.nextOffset - 1), reason))
            }
        }
    }

    mutating func replay(
        _ header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer,
        nowMilliseconds: Int64
    ) {
        if state.epochs.last.map({ $0.epoch < header.partitionLeaderEpoch }) ?? true {
            state.epochs.append(
                Checkpoint.EpochStart(epoch: header.partitionLeaderEpoch, firstOffset: header.baseOffset)
            )
        }
        guard header.hasProducerId else { return }
        if header.isControl {
            // An emptied control batch (compaction keeps it for its epoch) ends nothing.
            guard header.recordCount > 0 else { return }
            do throws(RecordBatchError) {
                guard let record = try EndTransactionRecord(batch: batch) else { return }
                state.endTransaction(record, header: header, nowMilliseconds: nowMilliseconds)
            } catch {
                damage.append((header.baseOffset...header.lastOffset, "not a transaction marker: \(error)"))
            }
        } else {
            var entry = state.producers[header.producerId] ?? ProducerEntry()
            entry.add(header, nowMilliseconds: nowMilliseconds)
            state.setProducer(header.producerId, to: entry)
        }
    }

    /// Builds the list of aborted transactions again up to the last segment that has lost its own.
    mutating func findAborted() throws(StorageError) {
        guard let lostIndexBase else { return }
        var firstOffsets: [Int64: Int64] = [:]
        for segment in state.segments where segment.baseOffset <= lostIndexBase {
            let reader = BatchReader(
                file: try environment.files.file(at: file(segment.baseOffset, ".log")),
                from: 0,
                limit: segment.byteCount,
                minimumOffset: segment.baseOffset,
                depth: .wholeBatches
            )
            do throws(WalkError) {
                while let header = try reader.next() {
                    guard header.isTransactional, header.recordCount > 0 else { continue }
                    guard header.isControl else {
                        firstOffsets[header.producerId] = firstOffsets[header.producerId] ?? header.baseOffset
                        continue
                    }
                    noteMarker(header, reader.batch, firstOffset: firstOffsets.removeValue(forKey: header.producerId))
                }
            } catch {
                // Bad bytes end the walk over this segment; opening has reported them, or a check will.
                if case .storage(let error) = error { throw error }
            }
        }
    }

    private mutating func noteMarker(
        _ header: RecordBatchHeader,
        _ batch: UnsafeRawBufferPointer,
        firstOffset: Int64?
    ) {
        do throws(RecordBatchError) {
            guard let firstOffset, try EndTransactionRecord(batch: batch)?.marker == .abort else { return }
            state.transactions.restore(
                AbortedTransaction(
                    producerId: header.producerId,
                    firstOffset: firstOffset,
                    lastOffset: header.lastOffset
                )
            )
        } catch {
            damage.append((header.baseOffset...header.lastOffset, "not a transaction marker: \(error)"))
        }
    }
}
