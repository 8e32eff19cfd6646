package import PilotWire

/// The addresses of this machine that others on its networks may reach it by.
package enum LocalAddresses {
  /// Those of interfaces that are up: no loopback, and none that means something on one link only (RFC 4291, section 2.5.6; RFC
  /// 3927). Their port is 0. Waits some milliseconds for the kernel, and for nobody else.
  ///
  /// - Returns: None on other systems than Linux, and where the kernel doesn't say. In a fixed order.
  package static func current() -> [Endpoint] {
    guard let view = NetworkSurvey.take() else { return [] }
    let interfaces = view.interfaces.values.filter { $0.isRunning && !$0.isLoopback }
    return interfaces.flatMap(\.addresses).filter { !$0.isLinkLocal }.sorted { ($0.high, $0.low) < ($1.high, $1.low) }
  }
}

extension Endpoint {
  /// fe80::/10, or 169.254.0.0/16.
  fileprivate var isLinkLocal: Bool { high >> 54 == 0x3FA || high == 0 && low >> 16 == 0xFFFF_A9FE }
}
