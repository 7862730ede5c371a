import MeterCore

extension ValidatedIntervals {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_ValidatedIntervals.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        guard message.unit <= 255, let unit = MeasurementUnit(rawValue: UInt8(message.unit)) else {
            throw .inconsistent("unit \(message.unit)")
        }
        guard message.intervalS > 0, message.intervalS <= 86_400 * 366 else {
            throw .inconsistent("interval of \(message.intervalS) s")
        }
        let count = message.mantissas.count
        guard message.qualities.count == count, message.methods.count == count, message.revisions.count == count else {
            throw .inconsistent(
                "\(count) values, \(message.qualities.count) qualities, \(message.methods.count) methods"
            )
        }
        var provenance: [Provenance] = []
        var covered = 0
        for run in message.provenance {
            provenance.append(Provenance(count: run.count, raw: try RawReference(run.raw)))
            covered += Int(run.count)
        }
        guard covered == count else { throw .inconsistent("provenance of \(covered) slots for \(count) values") }
        var findings: [Finding] = []
        for finding in message.findings { findings.append(try Finding(finding, slots: count)) }
        var registers: [DerivedRegister] = []
        for register in message.registers { registers.append(try DerivedRegister(register)) }
        self.init(
            meter: message.meter,
            channel: message.channel,
            unit: unit,
            zone: message.zone,
            start: Instant(secondsSinceEpoch: message.startS),
            intervalSeconds: Int32(message.intervalS),
            billionths: try Mantissas.decode(message.mantissas, exponent: message.exponent),
            qualities: message.qualities.array,
            methods: message.methods.array,
            revisions: message.revisions,
            provenance: provenance,
            findings: findings,
            ruleSet: message.ruleSet,
            decidedAtMilliseconds: message.decidedAtMs,
            window: message.hasWindow ? WindowState(message.window) : nil,
            registers: registers
        )
        for fate in message.fates { fates.append(try BlockFate(fate)) }
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_ValidatedIntervals()
        message.schemaVersion = EventSchema.version
        message.meter = meter
        message.channel = channel
        message.unit = UInt32(unit.rawValue)
        message.zone = zone
        message.startS = start.secondsSinceEpoch
        message.intervalS = UInt32(intervalSeconds)
        (message.exponent, message.mantissas) = Mantissas.encode(billionths)
        message.qualities = ByteField.holding(qualities)
        message.methods = ByteField.holding(methods)
        message.revisions = revisions
        message.provenance = provenance.map { run in
            var item = Meterlog_V1_Provenance()
            item.count = run.count
            item.raw = run.raw.message
            return item
        }
        message.findings = findings.map(\.message)
        message.ruleSet = ruleSet
        message.decidedAtMs = decidedAtMilliseconds
        if let window { message.window = window.message }
        message.registers = registers.map(\.message)
        message.fates = fates.map(\.message)
        ProtobufBytes.append(message, to: &bytes)
    }
}

extension Finding {
    init(_ message: Meterlog_V1_Finding, slots: Int) throws(EventError) {
        guard message.severity <= 255, let severity = Severity(rawValue: UInt8(message.severity)) else {
            throw .inconsistent("severity \(message.severity)")
        }
        guard Int(message.first) + Int(message.count) <= slots else {
            throw .inconsistent("finding about slots \(message.first)+\(message.count) of \(slots)")
        }
        self.init(
            first: message.first,
            count: message.count,
            rule: message.rule,
            severity: severity,
            observedBillionths: message.observedE9,
            limitBillionths: message.limitE9
        )
    }

    var message: Meterlog_V1_Finding {
        var message = Meterlog_V1_Finding()
        message.first = first
        message.count = count
        message.rule = rule
        message.severity = UInt32(severity.rawValue)
        message.observedE9 = observedBillionths
        message.limitE9 = limitBillionths
        return message
    }
}

extension WindowState {
    init(_ message: Meterlog_V1_WindowState) {
        self.init(
            start: Instant(secondsSinceEpoch: message.startS),
            end: Instant(secondsSinceEpoch: message.endS),
            expected: message.expected
        )
        validated = message.validated
        estimated = message.estimated
        failed = message.failed
        missing = message.missing
        pending = message.pending
        isClosed = message.closed
        revision = message.revision
        sumBillionths = message.sumE9
        grade = Severity(rawValue: UInt8(clamping: message.grade))
        isBeyondHistory = message.beyondHistory
        failedSumBillionths = message.failedSumE9
    }

    var message: Meterlog_V1_WindowState {
        var message = Meterlog_V1_WindowState()
        message.startS = start.secondsSinceEpoch
        message.endS = end.secondsSinceEpoch
        message.expected = expected
        message.validated = validated
        message.estimated = estimated
        message.failed = failed
        message.missing = missing
        message.pending = pending
        message.closed = isClosed
        message.revision = revision
        message.sumE9 = sumBillionths
        message.grade = UInt32(grade?.rawValue ?? 0)
        message.beyondHistory = isBeyondHistory
        message.failedSumE9 = failedSumBillionths
        return message
    }
}
