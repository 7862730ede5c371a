import MeterCore
import MeterFormats
import Settings

/// Looks a file over before it is cut, so that what is wrong with all of it is told before anything is sent.
final class FileSurveyor {
    private let settings: Settings
    private var zones: ZoneCatalog?

    init(settings: Settings) {
        self.settings = settings
    }

    /// What the file shows; nil when its format is sent in one piece or cut by records.
    /// - Throws: `IngestError` when its decoder would refuse the whole file.
    func survey(_ file: InputFile, mediaType text: String) throws -> TableSurvey? {
        guard let mediaType = MediaType(text), let name = FormatCatalog.format(of: mediaType)?.name,
            name == MappedCSV.format.name || name == AWSGuidanceCSV.format.name
        else { return nil }
        do {
            return try TableSurvey.of(file.bytes.span, mediaType: mediaType, zones: try catalog())
        } catch let error as DecodeError {
            throw IngestError.unusable("\(file.name): \(error)")
        }
    }

    private func catalog() throws -> ZoneCatalog {
        if let zones { return zones }
        let loaded = try ZoneFiles.load(settings.zoneInfoDirectory).zones
        zones = loaded
        return loaded
    }
}
