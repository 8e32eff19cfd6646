import PilotWire

extension RawSpan {
  /// The bytes in memory of their own.
  var copy: [UInt8] {
    let bytes = self
    return [UInt8](rawCapacity: byteCount) { $0.append(contentsOf: bytes) }
  }
}

/// A WebSocket frame of any kind, built without the product's encoder.
///
/// - Parameters:
///   - head: The first byte: FIN, reserved bits, opcode.
///   - mask: As a client's frames have it.
func webSocketFrame(_ head: UInt8, _ payload: [UInt8], mask: [UInt8]? = nil) -> [UInt8] {
  let maskBit: UInt8 = mask == nil ? 0 : 0x80
  var bytes = [head]
  if payload.count < 126 {
    bytes.append(maskBit | UInt8(payload.count))
  } else {
    bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
  }
  guard let mask else { return bytes + payload }
  return bytes + mask + zip(payload.indices, payload).map { index, byte in byte ^ mask[index % 4] }
}
