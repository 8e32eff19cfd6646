import PilotConsole
internal import PilotWire

/// A frame as JSON: its kind in snake case first, then its parts in the order of the wire.
enum FrameDescription {
  /// What the frame is, told by its first byte.
  static func of(_ frame: RawSpan) throws(WireError) -> JSONValue {
    switch FrameFamily(of: frame) {
    case .tunnel: try TunnelDescription.of(frame)
    case .beacon, .unknown: try BeaconDescription.of(frame)
    }
  }

  /// The members of a payload: its hex, and what it is if it looks like a tunnel frame. One that looks like one and is
  /// none doesn't make the frame around it a bad one.
  static func payload(_ bytes: RawSpan) -> [JSONValue.Member] {
    let hex = JSONValue.Member(name: "payload", value: .string(Hex.encode(bytes)))
    guard FrameFamily(of: bytes) == .tunnel else { return [hex] }
    do throws(WireError) {
      return [hex, .init(name: "frame", value: try TunnelDescription.of(bytes))]
    } catch {
      return [hex, .init(name: "frame_error", value: .string(error.description))]
    }
  }

  /// Tells about the bytes behind a frame's end, which every reader ignores.
  static func ignored(_ frame: RawSpan, behind length: Int) -> [JSONValue.Member] {
    frame.byteCount > length ? [.init(name: "ignored_bytes", value: .int(frame.byteCount - length))] : []
  }
}
