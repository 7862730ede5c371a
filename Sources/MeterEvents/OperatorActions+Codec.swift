import MeterCore

extension ManualEdit {
    init(_ message: Meterlog_V1_ManualEdit) throws(EventError) {
        let action: Action
        switch message.action {
        case .setValues:
            guard message.intervalS > 0, message.intervalS <= 86_400 else {
                throw .inconsistent("interval of \(message.intervalS) s")
            }
            action = .setValues(
                intervalSeconds: Int32(message.intervalS),
                billionths: try Mantissas.decode(message.mantissas, exponent: message.exponent)
            )
        case .accept: action = .accept
        case .reject: action = .reject
        case .clear: action = .clear
        case .lock: action = .lock
        case .unlock: action = .unlock
        case .unspecified, .UNRECOGNIZED: throw .inconsistent("manual edit \(message.action.rawValue)")
        }
        self.init(
            meter: message.meter,
            channel: message.channel,
            start: Instant(secondsSinceEpoch: message.startS),
            end: Instant(secondsSinceEpoch: message.endS),
            action: action,
            user: message.user,
            reason: message.reason
        )
    }

    var message: Meterlog_V1_ManualEdit {
        var message = Meterlog_V1_ManualEdit()
        message.meter = meter
        message.channel = channel
        message.startS = start.secondsSinceEpoch
        message.endS = end.secondsSinceEpoch
        message.user = user
        message.reason = reason
        switch action {
        case .setValues(let intervalSeconds, let billionths):
            message.action = .setValues
            message.intervalS = UInt32(clamping: intervalSeconds)
            (message.exponent, message.mantissas) = Mantissas.encode(billionths)
        case .accept: message.action = .accept
        case .reject: message.action = .reject
        case .clear: message.action = .clear
        case .lock: message.action = .lock
        case .unlock: message.action = .unlock
        }
        return message
    }
}

extension ForceEstimate {
    init(_ message: Meterlog_V1_ForceEstimate) {
        self.init(
            group: message.group,
            meters: message.meters,
            from: Instant(secondsSinceEpoch: message.fromS),
            to: Instant(secondsSinceEpoch: message.toS),
            user: message.user,
            reason: message.reason
        )
    }

    var message: Meterlog_V1_ForceEstimate {
        var message = Meterlog_V1_ForceEstimate()
        message.group = group
        message.meters = meters
        message.fromS = from.secondsSinceEpoch
        message.toS = to.secondsSinceEpoch
        message.user = user
        message.reason = reason
        return message
    }
}

extension WeatherReadings {
    init(_ message: Meterlog_V1_WeatherReadings) throws(EventError) {
        guard message.intervalS > 0, message.intervalS <= 86_400 else {
            throw .inconsistent("interval of \(message.intervalS) s")
        }
        self.init(
            station: message.station,
            start: Instant(secondsSinceEpoch: message.startS),
            intervalSeconds: Int32(message.intervalS),
            milliDegreesCelsius: message.millidegreesC
        )
    }

    var message: Meterlog_V1_WeatherReadings {
        var message = Meterlog_V1_WeatherReadings()
        message.station = station
        message.startS = start.secondsSinceEpoch
        message.intervalS = UInt32(clamping: intervalSeconds)
        message.millidegreesC = milliDegreesCelsius
        return message
    }
}
