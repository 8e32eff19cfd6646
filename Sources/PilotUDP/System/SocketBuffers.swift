internal import CPilotUDP

/// What the kernel gave of the socket buffers that were asked for.
struct SocketBuffers: Sendable, Equatable {
  /// Bytes for received datagrams.
  var receive: Int
  /// Bytes for datagrams on their way out.
  var send: Int

  /// Asks for buffers and reads back what came of it: the kernel caps without an error (socket(7)).
  static func request(receive: Int, send: Int, on descriptor: CInt) -> SocketBuffers {
    SocketBuffers(
      receive: Int(max(cpilot_udp_request_buffer(descriptor, true, CInt(receive)), 0)),
      send: Int(max(cpilot_udp_request_buffer(descriptor, false, CInt(send)), 0)))
  }

  /// What to tell the operator when it was less than asked for.
  func notice(requested: SocketBuffers) -> String? {
    var parts: [String] = []
    if receive < requested.receive {
      parts.append(Self.part("receive", receive, requested.receive, Self.receiveSetting))
    }
    if send < requested.send {
      parts.append(Self.part("send", send, requested.send, Self.sendSetting))
    }
    return parts.isEmpty ? nil : "bursts may be lost: " + parts.joined(separator: "; ")
  }

  private static func part(_ name: String, _ granted: Int, _ requested: Int, _ setting: String) -> String {
    "the \(name) buffer has \(granted) bytes of the \(requested) asked for, raise it with: "
      + "sysctl -w \(setting)=\(requested)"
  }

  #if os(Linux) || os(Android)
    private static let receiveSetting = "net.core.rmem_max"
    private static let sendSetting = "net.core.wmem_max"
  #else
    private static let receiveSetting = "kern.ipc.maxsockbuf"
    private static let sendSetting = "kern.ipc.maxsockbuf"
  #endif
}
