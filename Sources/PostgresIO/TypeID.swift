/// Object ids of the built-in types this wrapper reads and writes (`src/include/catalog/pg_type.dat`).
package enum TypeID {
    package static let bool: UInt32 = 16
    package static let bytes: UInt32 = 17
    package static let name: UInt32 = 19
    package static let int64: UInt32 = 20
    package static let int16: UInt32 = 21
    package static let int32: UInt32 = 23
    package static let text: UInt32 = 25
    package static let objectID: UInt32 = 26
    package static let json: UInt32 = 114
    package static let float: UInt32 = 700
    package static let double: UInt32 = 701
    package static let boolArray: UInt32 = 1000
    package static let bytesArray: UInt32 = 1001
    package static let int16Array: UInt32 = 1005
    package static let int32Array: UInt32 = 1007
    package static let textArray: UInt32 = 1009
    package static let int64Array: UInt32 = 1016
    package static let doubleArray: UInt32 = 1022
    package static let date: UInt32 = 1082
    package static let timestampWithoutZone: UInt32 = 1114
    package static let timestamp: UInt32 = 1184
    package static let timestampArray: UInt32 = 1185
    package static let numeric: UInt32 = 1700
    package static let uuid: UInt32 = 2950
    package static let jsonb: UInt32 = 3802

    /// Types whose binary form is not their text, so that reading one as text would hand out garbage.
    package static let binaryOnly: Set<UInt32> = [
        bool, bytes, int64, int16, int32, objectID, float, double, boolArray, bytesArray, int16Array, int32Array,
        textArray, int64Array, doubleArray, date, timestampWithoutZone, timestamp, timestampArray, numeric, uuid,
    ]
}
