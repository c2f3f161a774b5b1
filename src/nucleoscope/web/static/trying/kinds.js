// What a dropped file is, before it is sent.

const LARGEST_CROP = 512; // pixels of a side, as in nucleoscope.data.crops
const LARGEST_CROP_FILE = 1 << 20; // bytes, for formats that this browser cannot read

/** "zip", "nuclei" or "picture", by the end of the name; the server looks at the content. */
export function kindOf(file) {
  const name = file.name.toLowerCase();
  if (name.endsWith(".zip")) return "zip";
  return /\.(csv|geojson|json)$/.test(name) ? "nuclei" : "picture";
}

/** Whether a picture is larger than any crop. */
export async function isField(file) {
  try {
    const picture = await createImageBitmap(file);
    const is = Math.max(picture.width, picture.height) > LARGEST_CROP;
    picture.close();
    return is;
  } catch {
    return file.size > LARGEST_CROP_FILE; // a TIFF, or nothing that can be read: the server will say so
  }
}
