import PilotWire
import Testing

/// The bytes of hex digits; a typing error fails the test.
func bytes(hex: String) throws -> [UInt8] {
  try #require(Hex.decode(hex))
}

func hex(_ bytes: [UInt8]) -> String {
  Hex.encode(bytes.span.raw)
}

/// The fault that reading `bytes` ends in, or nil if they are accepted.
func fault(_ bytes: [UInt8], _ read: (RawSpan) throws(WireError) -> Void) -> WireError? {
  do throws(WireError) {
    try read(bytes.span.raw)
    return nil
  } catch {
    return error
  }
}
