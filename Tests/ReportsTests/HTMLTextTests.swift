import Reports
import Testing

@Suite struct HTMLTextTests {
    @Test("A completion cannot end its element or its attribute")
    func escapes() {
        #expect(
            htmlEscaped("</p><b a='1' c=\"2\">&amp;")
                == "&lt;/p&gt;&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;")
    }
}
