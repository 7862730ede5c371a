import MeterCore

extension MeterRegistration {
    init(_ message: Meterlog_V1_MeterUpserted) throws(EventError) {
        self.init(
            meter: message.meter,
            zone: message.zone,
            group: message.group,
            transformer: message.transformer,
            feeder: message.feeder
        )
        commodity = message.commodity
        customerClass = message.customerClass
        status = Status(rawValue: UInt8(clamping: message.status)) ?? .unknown
        if message.hasInstalledFromS { installedFrom = Instant(secondsSinceEpoch: message.installedFromS) }
        if message.hasInstalledToS { installedTo = Instant(secondsSinceEpoch: message.installedToS) }
        hasGeneration = message.hasGeneration_p
        weatherStation = message.weatherStation
        nominalVoltageMillivolts = message.nominalVoltageMv
        maximumCurrentMilliamperes = message.maximumCurrentMa
        phases = message.phases
        channels.reserveCapacity(message.channels.count)
        for channel in message.channels { channels.append(try ChannelRegistration(channel)) }
    }

    var message: Meterlog_V1_MeterUpserted {
        var message = Meterlog_V1_MeterUpserted()
        message.meter = meter
        message.zone = zone
        message.group = group
        message.transformer = transformer
        message.feeder = feeder
        message.commodity = commodity
        message.customerClass = customerClass
        message.status = UInt32(status.rawValue)
        if let installedFrom { message.installedFromS = installedFrom.secondsSinceEpoch }
        if let installedTo { message.installedToS = installedTo.secondsSinceEpoch }
        message.hasGeneration_p = hasGeneration
        message.weatherStation = weatherStation
        message.nominalVoltageMv = nominalVoltageMillivolts
        message.maximumCurrentMa = maximumCurrentMilliamperes
        message.phases = phases
        message.channels = channels.map(\.message)
        return message
    }
}

extension ChannelRegistration {
    fileprivate init(_ message: Meterlog_V1_ChannelRegistration) throws(EventError) {
        guard let unit = MeasurementUnit(rawValue: UInt8(clamping: message.unit)) else {
            throw .inconsistent("unit \(message.unit)")
        }
        self.init(channel: message.channel, unit: unit)
        kind = Kind(rawValue: UInt8(clamping: message.kind)) ?? .unknown
        intervalSeconds = Int32(clamping: message.intervalS)
        multiplierBillionths = message.multiplierE9
        digits = message.digits
        capacityWatts = message.capacityW
        checkOf = message.checkOf
    }

    fileprivate var message: Meterlog_V1_ChannelRegistration {
        var message = Meterlog_V1_ChannelRegistration()
        message.channel = channel
        message.unit = UInt32(unit.rawValue)
        message.kind = UInt32(kind.rawValue)
        message.intervalS = UInt32(clamping: intervalSeconds)
        message.multiplierE9 = multiplierBillionths
        message.digits = digits
        message.capacityW = capacityWatts
        message.checkOf = checkOf
        return message
    }
}
