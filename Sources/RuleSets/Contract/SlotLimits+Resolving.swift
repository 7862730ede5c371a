package import MeterCore

extension SlotLimits {
    /// What the rules allow a value of a series to be.
    package init(
        _ rules: RuleParameters,
        channel: String,
        unit: MeasurementUnit,
        intervalSeconds: Int64,
        registration: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil
    ) {
        self.init()
        if rules.clock.isEnabled { suspects.formUnion(ClockRule.flags) }
        if rules.overflow.isEnabled { suspects.formUnion(OverflowRule.flags) }
        if rules.testMode.isEnabled { suspects.formUnion(TestModeRule.flags) }
        if rules.diagnostics.isEnabled { suspects.formUnion(DiagnosticsRule.flags) }
        if rules.intervalStatus.isEnabled {
            suspects.formUnion(IntervalStatusRule.doubtful)
            suspects.formUnion(IntervalStatusRule.useless)
        }
        switch unit {
        case .volt:
            guard let band = rules.voltage.band(nominalMillivolts: meter?.nominalVoltageMillivolts ?? 0) else { return }
            least = band.lowerBound
            highest = band.upperBound
        case .ampere:
            highest = rules.current.limitBillionths(maximumMilliamperes: meter?.maximumCurrentMilliamperes ?? 0)
            least = highest == .max ? .min : -highest
        default:
            capacity = rules.demandLimit.limitBillionths(
                unit: unit,
                intervalSeconds: intervalSeconds,
                capacityWatts: Self.capacityWatts(registration, meter)
            )
            highest = capacity
            isNegativeFound =
                unit.isAccumulated && registration?.kind != .net && rules.negative.applies(toChannel: channel)
            least = isNegativeFound ? 0 : capacity == .max ? .min : -capacity
        }
    }

    /// The most that can flow in a channel, in watts, by the registry; 0 where it is not known.
    static func capacityWatts(_ registration: ChannelRegistration?, _ meter: MeterRegistration?) -> Int64 {
        if let registration, registration.capacityWatts > 0 { return registration.capacityWatts }
        guard let meter else { return 0 }
        let power =
            Int128(max(meter.nominalVoltageMillivolts, 0)) * Int128(max(meter.maximumCurrentMilliamperes, 0))
            * Int128(meter.phases)
        return Int64(clamping: power / 1_000_000)
    }

    static func isElectric(_ unit: MeasurementUnit) -> Bool {
        switch unit {
        case .kilowattHour, .kilovarHour, .kilovoltAmpereHour: true
        default: false
        }
    }
}
