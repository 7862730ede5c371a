public import MeterCore

/// Every format that can be decoded. A new format is one file, one line here, and a folder of vectors.
public enum FormatCatalog {
    private static let decoders: [any PayloadDecoder.Type] = [
        JSONIntervals.self,
        DeviceEventsJSON.self,
        AWSGuidanceCSV.self,
        NEM12.self,
        MappedCSV.self,
        RegistersJSON.self,
        RegistryJSON.self,
        WeatherJSON.self,
        OperationsJSON.self,
        RuleSetJSON.self,
    ]

    /// The formats in the order of the catalogue.
    public static let formats: [FormatDescription] = decoders.map { $0.format }

    /// The format of a media type, or nil (HTTP 415).
    public static func format(of mediaType: MediaType) -> FormatDescription? {
        formats.first { $0.matches(mediaType) }
    }

    /// The format of a command-line name.
    public static func format(named name: String) -> FormatDescription? {
        formats.first { $0.name == name }
    }

    /// Empties `batch` and decodes a payload into it.
    ///
    /// - Throws: `DecodeError`; `unsupportedFormat` when no decoder knows the media type.
    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        batch.removeAll()
        guard let index = formats.firstIndex(where: { $0.matches(mediaType) }) else {
            throw DecodeError(.unsupportedFormat, "no decoder for \(mediaType)")
        }
        try decoders[index].decode(bytes, mediaType: mediaType, zones: zones, into: &batch)
    }
}
