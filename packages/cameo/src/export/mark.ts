/** IPTC's term for pictures that are composed with what a trained model made. */
const SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

/** Says in words that a picture or video is synthesised, for formats that hold a comment. */
export const MARK_COMMENT = `Synthesised with Cameo from a photo. Digital source type: ${SOURCE_TYPE}`;

/** The same as an XMP packet: the IPTC property DigitalSourceType, which viewers and platforms read. */
export const MARK_XMP = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about=""
      xmlns:xmp="http://ns.adobe.com/xap/1.0/"
      xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
      xmp:CreatorTool="Cameo"
      Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}"/>
  </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`;
