import NIOCore
import PilotTransport

/// Socket options that keep a datagram connection fresh.
enum TCPTuning {
  /// What the kernel may hold unsent. More would age in the kernel, where no deadline reaches it (tcp(7),
  /// TCP_NOTSENT_LOWAT).
  private static let unsentBytes = 131_072

  /// Sets what this platform has. A socket that refuses an option works without it; a listening one hands them on to the
  /// connections that it accepts. On the channel's event loop.
  static func apply(to channel: any Channel, deadAfter: Duration) {
    let options = channel.syncOptions
    try? options?.setOption(.tcpOption(.tcp_nodelay), value: 1)
    #if os(Linux)
      // linux/tcp.h: TCP_USER_TIMEOUT (18) gives up on unacknowledged data after so many milliseconds.
      try? options?.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: 18)), value: Int(deadAfter.milliseconds))
      // linux/tcp.h: TCP_NOTSENT_LOWAT (25).
      try? options?.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: 25)), value: unsentBytes)
    #endif
  }
}
