import PilotWire

/// Where one transport's frames enter a capture. From any thread.
struct CaptureTap: Sendable {
  private let capture: FrameCapture
  let interface: UInt32
  private let local: Endpoint
  let isDatagram: Bool

  init(_ capture: FrameCapture, interface: UInt32, local: Endpoint, isDatagram: Bool) {
    self.capture = capture
    self.interface = interface
    self.local = local
    self.isDatagram = isDatagram
  }

  /// A frame has been taken by the transport.
  func sent(_ header: RawSpan, _ payload: RawSpan = RawSpan(), to destination: Endpoint) {
    capture.take(header, payload, .outbound, of: self, from: local(towards: destination), to: destination)
  }

  /// A frame has come.
  func received(_ frame: RawSpan, from source: Endpoint) {
    capture.take(frame, RawSpan(), .inbound, of: self, from: source, to: local(towards: source))
  }

  /// A socket that is bound to all addresses has none of its own: the unspecified one of the peer's family stands for it.
  private func local(towards peer: Endpoint) -> Endpoint {
    peer.isIPv4 && !local.isIPv4 ? Endpoint(ipv4Address: 0, port: local.port) : local
  }
}
