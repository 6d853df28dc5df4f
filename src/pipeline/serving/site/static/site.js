"use strict";

const PROBLEMS = {
  NotAllowedError: "The browser does not let this page hear the microphone; allow it beside the address, or upload a file.",
  NotFoundError: "No microphone answers; plug one in, or upload a file.",
};
const find = (id) => document.getElementById(id);

// A form that is under way says so and is not sent twice.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button");
    if (form.id === "upload" || !button) return;
    if (form.dataset.sure && !confirm(form.dataset.sure)) {
      event.preventDefault();
      return;
    }
    button.classList.add("busy");
    setTimeout(() => { button.disabled = true; });
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button.busy")) {
    button.classList.remove("busy");
    button.disabled = false;
  }
});

const upload = find("upload");
if (upload) {
  setUpUpload(upload);
  if (navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode) setUpMicrophone();
}

function setUpUpload(form) {
  const drop = find("drop");
  const input = find("file");
  const over = (event) => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.addEventListener("dragenter", over);
  drop.addEventListener("dragover", over);
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(new FormData(form), find("send"), find("status"));
  });
}

function send(form, button, status) {
  const progress = find("progress");
  const request = new XMLHttpRequest();
  const done = (message) => {
    button.disabled = false;
    button.classList.remove("busy");
    progress.hidden = true;
    status.textContent = "";
    if (message) showError(message);
  };
  find("problem").hidden = true;
  button.disabled = true;
  button.classList.add("busy");
  progress.hidden = false;
  progress.value = 0;
  status.textContent = "Sending…";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total;
  });
  request.upload.addEventListener("load", () => {
    progress.removeAttribute("value");
    status.textContent = "Predicting…";
  });
  request.addEventListener("load", () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer.error = "the answer could not be read; try again";
    }
    if (request.status === 201) location.assign(answer.location);
    else if (request.status === 401) location.assign("/sign-in?next=/");
    else done(answer.error);
  });
  request.addEventListener("error", () => done("the service cannot be reached; try again"));
  request.open("POST", "/recordings");
  request.setRequestHeader("Accept", "application/json");
  request.send(form);
}

function showError(message) {
  const problem = find("problem");
  problem.textContent = message;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
}

function setUpMicrophone() {
  const start = find("record");
  const predict = find("predict");
  const status = find("record-status");
  const recorded = find("recorded");
  const longest = Number(find("recorder").dataset.longest);
  let recording = null;
  let file = null;
  find("recorder").hidden = false;
  find("no-recorder").hidden = true;
  drawLoudness([]);

  start.addEventListener("click", async () => {
    if (recording) {
      finish();
      return;
    }
    start.disabled = true;
    try {
      recording = await begin();
    } catch (error) {
      status.textContent = PROBLEMS[error.name] ?? "The browser cannot record here; upload a file.";
      return;
    } finally {
      start.disabled = false;
    }
    file = null;
    predict.hidden = recorded.hidden = true;
    start.textContent = "Stop";
    start.classList.remove("quiet");
    start.classList.add("live");
    status.textContent = "Recording…";
  });

  predict.addEventListener("click", () => {
    const form = new FormData();
    form.append("csrf", upload.elements.csrf.value);
    form.append("origin", "recording");
    form.append("file", file, `Recording ${new Date().toLocaleString()}.wav`.replace(/[/\\:]/g, "."));
    send(form, predict, status);
  });

  async function begin() {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const context = new AudioContext();
    const now = { stream, context, blocks: [], length: 0, levels: [] };
    try {
      await context.audioWorklet.addModule("/static/recorder.js");
      await context.resume();
    } catch (error) {
      release(now);
      throw error;
    }
    const source = context.createMediaStreamSource(stream);
    const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
    let drawn = false;
    node.port.onmessage = ({ data }) => {
      if (recording !== now) return;
      now.blocks.push(data);
      now.length += data.length;
      now.levels.push(data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
      if (now.length / context.sampleRate >= longest) finish();
      if (drawn) return;
      drawn = true;
      requestAnimationFrame(() => {
        drawn = false;
        find("elapsed").textContent = `${(now.length / context.sampleRate).toFixed(1)} s`;
        drawLoudness(now.levels);
      });
    };
    stream.getTracks()[0].addEventListener("ended", () => {
      if (recording === now) finish();
    });
    source.connect(node);
    return now;
  }

  function finish() {
    const { context, blocks, length } = recording;
    const rate = context.sampleRate;
    release(recording);
    recording = null;
    start.textContent = "Record again";
    start.classList.remove("live");
    start.classList.add("quiet");
    if (!length) {
      status.textContent = "Nothing was recorded; try again.";
      return;
    }
    file = wave(blocks, length, rate);
    if (recorded.src) URL.revokeObjectURL(recorded.src);
    recorded.src = URL.createObjectURL(file);
    predict.hidden = recorded.hidden = false;
    status.textContent = `${(length / rate).toFixed(1)} s are recorded. Play them, or predict them.`;
  }
}

// Release the microphone.
function release({ stream, context }) {
  for (const track of stream.getTracks()) track.stop();
  context.close();
}

// Samples as a WAV file: 16 bits, one channel.
function wave(blocks, length, rate) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * length));
  const word = (place, text) => [...text].forEach((letter, n) => bytes.setUint8(place + n, letter.charCodeAt(0)));
  word(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * length, true);
  word(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  word(36, "data");
  bytes.setUint32(40, 2 * length, true);
  let place = 44;
  for (const block of blocks) {
    for (const sample of block) {
      bytes.setInt16(place, 32767 * Math.max(-1, Math.min(1, sample)), true);
      place += 2;
    }
  }
  return new Blob([bytes], { type: "audio/wav" });
}

function drawLoudness(levels) {
  const canvas = find("meter");
  const context = canvas.getContext("2d");
  const bars = 70;
  const each = Math.max(1, Math.ceil(levels.length / bars / 8) * 8);
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(canvas).color;
  for (let bar = 0; bar < bars; bar += 1) {
    const level = Math.max(0.02, ...levels.slice(bar * each, (bar + 1) * each));
    const tall = Math.min(1, Math.sqrt(level)) * (height - 20);
    context.fillRect((bar * width) / bars + 1, (height - tall) / 2, width / bars - 3, tall);
  }
}
