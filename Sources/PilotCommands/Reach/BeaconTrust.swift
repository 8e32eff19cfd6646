import PilotConsole
import PilotWSS

/// How a node is told which beacon to trust: by authorities, by its key, or by both.
struct BeaconTrust {
  let trust: Trust

  /// - Parameters:
  ///   - certificateAuthorities: A PEM file, if one was given.
  ///   - pins: Keys that were given, in hexadecimal digits. They suffice, unless authorities were given, too.
  init(certificateAuthorities: String?, pins: [String]) throws(CommandFailure) {
    var keys: Set<KeyPin> = []
    for text in pins { keys.insert(try KeyPin(option: "pin", text)) }
    switch (certificateAuthorities, keys.isEmpty) {
    case (nil, true): trust = .system
    case (nil, false): trust = .keys(keys)
    case (let file?, true): trust = .file(file)
    case (let file?, false): trust = .file(file).pinned(to: keys)
    }
  }
}

extension KeyPin {
  /// A pin as an option gives it.
  init(option name: String, _ text: String) throws(CommandFailure) {
    guard let pin = KeyPin(hex: text) else {
      throw .usage(
        "--\(name) must be 64 hexadecimal digits",
        hint: "openssl x509 -in CERT.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum")
    }
    self = pin
  }
}
