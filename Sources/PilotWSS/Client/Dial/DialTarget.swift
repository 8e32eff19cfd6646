/// What a TCP connection is made to, and how errors speak of it.
struct DialTarget {
  /// A name or an IP address, IPv6 without brackets.
  let host: String
  /// The TCP port.
  let port: Int
  /// Host and port, for people.
  let authority: String
  /// What is expected there.
  let role: String

  /// What to try where nothing answers.
  var adviceOnSilence: String {
    let other = role == "proxy" ? "use another proxy" : "go through a proxy (--proxy)"
    return "a firewall may drop TCP to port \(port): have it opened, or \(other)"
  }
}

extension DialTarget {
  /// The beacon itself.
  init(_ beacon: WSSURL) {
    self.init(host: beacon.host, port: beacon.port, authority: beacon.authority, role: "beacon")
  }
}
