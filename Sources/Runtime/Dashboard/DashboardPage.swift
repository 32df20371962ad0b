/// The dashboard: one page that reads `/api/v1` and follows its events; no framework, nothing from other hosts.
///
/// Its parts are the files below `Assets/`, which the build embeds in the program.
package enum DashboardPage {
    /// The page, whole: style and script stand in it, so that it needs no second request and no other path.
    package static let html: String = {
        let page = text(PackageResources.index_html)
        return page.replacing("/*style*/", with: text(PackageResources.style_css))
            .replacing("/*script*/", with: text(PackageResources.app_js))
    }()

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
