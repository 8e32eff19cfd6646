/// Where systems keep the certificate authorities that they trust.
struct SystemAuthorities: Sendable {
  /// Files with all of them. The first one that has any counts.
  var files: [String]
  /// Directories with a file for each, for where there is no such file.
  var directories: [String]

  /// Where the distributions put them.
  static let known = SystemAuthorities(
    files: [
      "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch, Gentoo
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
      "/etc/pki/tls/certs/ca-bundle.crt",  // older ones of these
      "/etc/ssl/ca-bundle.pem",  // openSUSE
      "/etc/ssl/cert.pem",  // Alpine, FreeBSD
    ],
    directories: ["/etc/ssl/certs", "/etc/pki/tls/certs"])
}
