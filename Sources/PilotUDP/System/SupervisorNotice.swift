internal import CPilotUDP

/// What a process tells the supervisor that has started it (sd_notify(3)).
package enum SupervisorNotice {
  /// Sends one notice. Never waits; costs a few system calls.
  ///
  /// - Parameters:
  ///   - text: Lines of `NAME=value`.
  ///   - address: What `NOTIFY_SOCKET` says: a path, or a name of the abstract kind behind an `@`.
  /// - Throws: What the system says.
  package static func send(_ text: String, to address: String) throws(HandoverFault) {
    // SAFETY: the function reads the two terminated texts.
    _ = try HandoverFault.check(unsafe cpilot_handover_notify(address, text))
  }
}
