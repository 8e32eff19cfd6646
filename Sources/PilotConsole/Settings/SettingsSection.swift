/// A part of the settings: that of a command, by the name that it has in the configuration file. In the environment it stands
/// in capitals and with underscores.
package enum SettingsSection: String, CaseIterable, Sendable {
  /// What is logged and how, for all commands.
  case log
  case demo
  case beacon
  case attach
  case forward
  case ping
  case doctor
  case benchUDP = "bench-udp"
  case benchWSS = "bench-wss"
  case benchDrain = "bench-drain"
  case benchTakeover = "bench-takeover"
  case benchRelay = "bench-relay"
  case benchForward = "bench-forward"
}
