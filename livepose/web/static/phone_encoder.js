// Turns pictures into JPEGs beside the page's own thread: there, browsers encode only when idle.

const HEADER_BYTES = 12;
let canvas = null;

self.onmessage = async ({ data }) => {
  const { bitmap, number, captured, width, height, quality } = data;
  try {
    if (canvas === null || canvas.width !== width || canvas.height !== height) {
      canvas = new OffscreenCanvas(width, height);
    }
    canvas.getContext("2d", { alpha: false }).drawImage(bitmap, 0, 0, width, height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    const message = new Uint8Array(HEADER_BYTES + blob.size);
    const header = new DataView(message.buffer);
    header.setFloat64(0, captured, true);
    header.setUint32(8, number, true);
    message.set(new Uint8Array(await blob.arrayBuffer()), HEADER_BYTES);
    self.postMessage({ number, message: message.buffer, bitmap }, [message.buffer, bitmap]);
  } catch (error) {
    self.postMessage({ number, error: String(error), bitmap }, [bitmap]);
  }
};
